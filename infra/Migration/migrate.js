// A custom resource of CloudFormation: runs the migration task once per deployment and answers when it has ended, well only if its last
// container, "rights", ended with 0. Services depend on it, so that no new process starts on an old schema.
const { ECSClient, RunTaskCommand, DescribeTasksCommand, StopTaskCommand } = require('@aws-sdk/client-ecs');

const POLL_MS = Number(process.env.POLL_MS);
const RESERVE_MS = 30000; // to stop the task and to answer
const ecs = new ECSClient({});

exports.handler = async (event, context) => {
  const settings = event.ResourceProperties;
  let fault = null;
  try {
    if (event.RequestType !== 'Delete') fault = await migrate(settings, context);
  } catch (error) {
    fault = `${error.name}: ${error.message}`; // CloudFormation would wait an hour for an answer that a crash does not give
  }
  console.log(JSON.stringify({ request: event.RequestType, taskDefinition: settings.TaskDefinition, fault }));
  await answer(event, fault);
};

async function migrate({ Cluster: cluster, TaskDefinition: taskDefinition, Subnets: subnets, SecurityGroup: group }, context) {
  const started = await ecs.send(new RunTaskCommand({
    cluster,
    taskDefinition,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups: [group], assignPublicIp: 'DISABLED' } },
  }));
  if (!started.tasks?.length) return `The task was not started: ${JSON.stringify(started.failures)}`;
  const task = started.tasks[0].taskArn;
  while (context.getRemainingTimeInMillis() > RESERVE_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [task] }));
    if (tasks?.[0]?.lastStatus !== 'STOPPED') continue;
    const { containers, stoppedReason } = tasks[0];
    if (containers.find(({ name }) => name === 'rights')?.exitCode === 0) return null;
    const bad = containers.find(({ exitCode }) => exitCode > 0);
    return `The migration ended with ${bad ? `${bad.exitCode} in ${bad.name}` : 'no exit code'} (${stoppedReason}). Its log says why: ${task}`;
  }
  // The migration under way is undone; what was applied before it stays.
  await ecs.send(new StopTaskCommand({ cluster, task, reason: 'It took too long for a deployment' }));
  return `The migration was stopped: it took too long for a deployment. Run it by hand: ${task}`;
}

async function answer(event, fault) {
  const response = await fetch(event.ResponseURL, {
    method: 'PUT',
    headers: { 'content-type': '' }, // the URL is signed for none
    body: JSON.stringify({
      Status: fault ? 'FAILED' : 'SUCCESS',
      Reason: fault ?? 'The schema is up to date.',
      PhysicalResourceId: event.PhysicalResourceId ?? 'migration',
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    }),
  });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: ${response.status}`);
}
