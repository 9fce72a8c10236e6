/**
 * A process that runs cases sequentially, on requests of its parent process.
 *
 * @module
 */
import { type Case, CaseRunner, casesOfCalls, casesOfMessages } from './cases.ts';
import { startServer } from './deployment/deployment-server.ts';
import type { Scenario } from './scenario.ts';

export type ToWorker =
  | { readonly kind: 'list'; readonly scenario: Scenario }
  | { readonly kind: 'run'; readonly case: Case }
  | { readonly kind: 'forge' };

// The bundles are loaded many times; source maps would take too much memory and time.
process.setSourceMapsEnabled(false);
const report = process.send?.bind(process);
const runner = new CaseRunner(await startServer());
process.on('unhandledRejection', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', async (message: ToWorker) => {
  try {
    if (message.kind === 'list') {
      const recorded = await runner.record(message.scenario);
      const calls = casesOfCalls(message.scenario, recorded);
      const messages = casesOfMessages(message.scenario, recorded);
      report?.({
        kind: 'listed',
        calls,
        messages,
        counts: {
          cold: recorded.cold.length,
          warm: recorded.warm.length,
          messages: recorded.messages.length,
        },
      });
    } else if (message.kind === 'forge')
      report?.({ kind: 'forged', problems: await runner.runForgeries() });
    else
      report?.({
        kind: 'ran',
        outcome: await runner.run(message.case),
        memory: process.memoryUsage.rss(),
      });
  } catch (error) {
    report?.({ kind: 'failed', error: error instanceof Error ? error.stack : String(error) });
  }
});
report?.({ kind: 'ready' });
