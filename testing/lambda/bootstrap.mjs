/**
 * The runtime inside an environment: does what `nodejs24.x` does around a handler, over Lambda's
 * Runtime API.
 *
 * 1. It handles one invocation at a time: next, handler, response or error, next.
 * 2. Log lines are written immediately, with the request id of their invocation. The last line of
 *    an invocation is written before its response is sent.
 * 3. Time is the host's: the time that it had skipped at the start of an invocation is added to the
 *    machine's time.
 *
 * @module
 */
import { writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const {
  AWS_LAMBDA_RUNTIME_API: api = '',
  LAMBDA_TASK_ROOT: root = '',
  _HANDLER: handlerName = '',
  HOST_CLOCK: hostClock,
} = process.env;
delete process.env.HOST_CLOCK;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let requestId = '';
let skipped = Number(hostClock ?? 0);

if (hostClock !== undefined) {
  const MachineDate = Date;
  globalThis.Date = new Proxy(MachineDate, {
    construct: (target, args, type) =>
      Reflect.construct(target, args.length === 0 ? [MachineDate.now() + skipped] : args, type),
    apply: () => new Date().toString(),
    get: (target, name) =>
      name === 'now' ? () => MachineDate.now() + skipped : Reflect.get(target, name),
  });
}

/**
 * @param {'GET' | 'POST'} method
 * @param {string} path
 * @param {string} [body]
 * @returns {Promise<{ headers: import('node:http').IncomingHttpHeaders, text: string }>}
 */
function callRuntimeApi(method, path, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `http://${api}/2018-06-01/runtime/${path}`,
      { method, agent },
      (incoming) => {
        /** @type {Buffer[]} */
        const chunks = [];
        incoming.on('data', (chunk) => chunks.push(chunk));
        incoming.on('end', () =>
          resolve({ headers: incoming.headers, text: Buffer.concat(chunks).toString() }),
        );
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** @param {object} line */
function write(line) {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

/** @param {unknown} value */
const loggable = (value) =>
  value instanceof Error
    ? { errorType: value.name, errorMessage: value.message, stackTrace: value.stack?.split('\n') }
    : value;

for (const [name, level] of /** @type {const} */ ([
  ['trace', 'TRACE'],
  ['debug', 'DEBUG'],
  ['log', 'INFO'],
  ['info', 'INFO'],
  ['warn', 'WARN'],
  ['error', 'ERROR'],
])) {
  console[name] = (...values) => {
    const message =
      values.length === 1
        ? loggable(values[0])
        : values
            .map((value) => (typeof value === 'string' ? value : JSON.stringify(loggable(value))))
            .join(' ');
    write({ timestamp: new Date().toISOString(), level, requestId, message });
  };
}

/** @param {unknown} error */
function errorDocument(error) {
  const { name, message, stack } =
    error instanceof Error
      ? error
      : { name: typeof error, message: String(error), stack: undefined };
  return JSON.stringify({
    errorType: name,
    errorMessage: message,
    trace: stack?.split('\n') ?? [],
  });
}

/** @param {unknown} error */
async function exitWithError(error) {
  write({
    timestamp: new Date().toISOString(),
    level: 'FATAL',
    requestId,
    message: loggable(error),
  });
  await callRuntimeApi(
    'POST',
    requestId === '' ? 'init/error' : `invocation/${requestId}/error`,
    errorDocument(error),
  ).catch(() => undefined);
  process.exit(1);
}
process.on('uncaughtException', exitWithError);
process.on('unhandledRejection', exitWithError);

const [file = 'index', name = 'handler'] = handlerName.split('.');
/** @type {Record<string, unknown>} */
const loaded = await import(pathToFileURL(join(root, `${file}.mjs`)).href);
const handler = loaded[name];
if (typeof handler !== 'function')
  throw new Error(`Runtime.HandlerNotFound: ${handlerName} is undefined or not exported`);

while (true) {
  const { headers, text } = await callRuntimeApi('GET', 'invocation/next');
  requestId = String(headers['lambda-runtime-aws-request-id']);
  if (hostClock !== undefined) skipped = Number(headers['host-clock'] ?? skipped);
  const trace = headers['lambda-runtime-trace-id'];
  if (typeof trace === 'string') process.env._X_AMZN_TRACE_ID = trace;
  else delete process.env._X_AMZN_TRACE_ID;
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const tenantId = headers['lambda-runtime-aws-tenant-id'];
  const context = {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    callbackWaitsForEmptyEventLoop: true,
    ...(typeof tenantId === 'string' && { tenantId }),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  /** @type {readonly [path: string, body: string]} */
  let answer;
  try {
    answer = ['response', JSON.stringify((await handler(JSON.parse(text), context)) ?? null)];
  } catch (error) {
    write({
      timestamp: new Date().toISOString(),
      level: 'ERROR',
      requestId,
      message: loggable(error),
    });
    answer = ['error', errorDocument(error)];
  }
  write({ end: requestId });
  await callRuntimeApi('POST', `invocation/${requestId}/${answer[0]}`, answer[1]);
}
