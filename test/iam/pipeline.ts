/**
 * The pipeline of the scenario, for any project. Its argument `mode` selects what its steps do.
 *
 * @module
 */
export const PIPELINE_NAME = 'recorded';

export interface PipelineOptions {
  /** The secret in Secrets Manager that its steps read. */
  readonly secret?: string;
  /** The queue of the job that evaluates its logic. Default: the evaluator's function. */
  readonly queue?: string;
}

export const pipelineOf = (project: string, { secret, queue }: PipelineOptions = {}): string => `
  import { randomBytes } from 'node:crypto';
  import { createWriteStream, existsSync } from 'node:fs';
  import { createRequire } from 'node:module';
  import { join } from 'node:path';
  import { ArtifactFile, component, currentStep, pipeline } from 'headrace';

  const large = component({ returnValues: ['text'], cache: true${secret === undefined ? '' : `, secrets: { KEY: '${secret}' }`} }, async function large() {
    currentStep().logger.reportScalar('loss', 'train', 0.5, 1);
    console.log('a line of the step');
    return 'x'.repeat(20_000) + (process.env.KEY ?? '');
  });
  const length = component({ returnValues: ['length'] }, async function length(text: string, noise: string) { return text.length; });
  const square = component({ returnValues: ['square'] }, async function square(value: number, noise: string) { return value * value; });
  const file = component({ returnValues: ['file'] }, async function file() {
    const path = join(currentStep().temporaryDirectory, 'weights.bin');
    const stream = createWriteStream(path);
    for (let part = 0; part < 18; part += 1) stream.write(randomBytes(2 ** 20));
    await new Promise((resolve) => stream.end(resolve));
    return new ArtifactFile(path);
  });
  const slow = component({ returnValues: ['slow'], cache: true }, async function slow(id: string) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return id;
  });
  const hurried = component({ returnValues: ['size']${secret === undefined ? '' : `, secrets: { KEY: '${secret}' }`}, executionQueue: 'quick' }, async function hurried(size: number, noise: string) { return size; });
  const hold = component({ returnValues: ['held'] }, async function hold(mark: string) {
    while (!existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 50));
    return true;
  });
  // Code of an attacker: any client and any request.
  const attack = component({ returnValues: ['answers'] }, async function attack(from: string, requests: { what: string; service: string; command: string; input: object }[]) {
    const require = createRequire(from);
    const answers: Record<string, string> = {};
    for (const { what, service, command, input } of requests) {
      const sdk = require('@aws-sdk/client-' + service);
      const Client = Object.values(sdk).find((each: any) => /^[A-Za-z0-9]+Client$/.test(each?.name ?? '') && !each.name.startsWith('__')) as any;
      answers[what] = await new Client({ maxAttempts: 1, forcePathStyle: true }).send(new sdk[command + 'Command'](input)).then(() => 'done', (error: Error) => error.name);
    }
    return answers;
  });
  const steal = component({ returnValues: ['stolen'] }, async function steal(from: string, Bucket: string, Key: string) {
    const { GetObjectCommand, S3Client } = createRequire(from)('@aws-sdk/client-s3');
    return (await new S3Client({ maxAttempts: 1, forcePathStyle: true }).send(new GetObjectCommand({ Bucket, Key }))).Body.transformToString();
  });

  // The time limit exceeds the delay of a queue, so it is a schedule. The sweep follows at once.
  const options = { name: '${PIPELINE_NAME}', project: '${project}', version: '1', timeoutSeconds: 3600, poolFrequency: 0.05${queue === undefined ? '' : `, pipelineExecutionQueue: '${queue}'`} };
  export const main = pipeline(options, async function main(mode = 'whole', given: any = null) {
    if (mode === 'hold') return await hold(given);
    if (mode === 'slow') return await slow(mode);
    if (mode === 'attack') return await attack(given.from, given.requests);
    if (mode === 'steal') return await steal(given.from, given.bucket, given.key);
    // Arguments that do not compress well.
    const noise = Array.from({ length: 6000 }, () => Math.floor(Math.random() * 36).toString(36)).join('');
    const text = large();
    if (mode === 'victim') await hold(given);
    if (mode !== 'whole') return await hurried(length(text, noise), noise);
    // The value is used as a reference by a step, and as a value by the logic.
    const [size, value, squares] = await Promise.all([hurried(length(text, ''), noise), text, Promise.all([1, 2, 3].map((each) => square(each, noise))), file()]);
    return size - value.length + value.length + squares.reduce((sum, each) => sum + each, 0);
  });`;
