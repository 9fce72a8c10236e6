/**
 * The emulator as a program: `npm run batch-emulator -- --port 4570`.
 *
 * @module
 */
import { Command } from 'commander';
import { startBatchEmulator, subprocessExecutor } from './index.ts';

const program = new Command('batch-emulator')
  .description('An AWS Batch for tests: speaks its REST protocol to the AWS SDK, and runs the jobs on this machine.')
  .option('--port <port>', 'port to listen on', '4570')
  .option('--events <url>', 'address that is POSTed every job state change as JSON')
  .parse();
const { port, events } = program.opts<{ port: string; events?: string }>();

const emulator = await startBatchEmulator({ port: Number(port), executor: subprocessExecutor(), ...(events !== undefined && { eventUrl: events }) });
console.log(`AWS Batch is at ${emulator.url}: use it as AWS_ENDPOINT_URL_BATCH`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.stop().then(() => process.exit(0)));
