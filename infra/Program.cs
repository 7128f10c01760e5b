using Amazon.CDK;
using ContinueWatching.Infra;

var app = new App();
if (app.Node.TryGetContext("environment") is not string environment)
{
    Console.Error.WriteLine("Which environment is deployed? cdk deploy --all -c environment=staging");
    return 1;
}

try
{
    _ = new Stacks(app, Deployment.Load(environment));
    app.Synth();
    return 0;
}
catch (InvalidDeploymentException exception)
{
    // What a person wrote into a file: they are told in the file's words.
    Console.Error.WriteLine(exception.Message);
    return 1;
}
