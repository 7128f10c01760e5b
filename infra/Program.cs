using Amazon.CDK;
using ContinueWatching.Infra;

var app = new App();
if (app.Node.TryGetContext("environment") is not string environment || app.Node.TryGetContext("version") is not string version)
{
    Console.Error.WriteLine("What is deployed, and where? cdk deploy --all -c environment=staging -c version=1.2.3");
    return 1;
}

try
{
    _ = new Stacks(app, Deployment.Load(environment), version);
    app.Synth();
    return 0;
}
catch (InvalidDeploymentException exception)
{
    // What a person wrote into a file: they are told in the file's words.
    Console.Error.WriteLine(exception.Message);
    return 1;
}
