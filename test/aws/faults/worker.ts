/**
 * A process that tells cases, one after the other, as its parent asks for them.
 *
 * @module
 */
import { type Case, casesOfCalls, casesOfMessages, Teller } from './cases.ts';
import { startServer } from './deployment/deployment-server.ts';
import type { Chapter } from './story.ts';

export type ToWorker =
  | { readonly kind: 'list'; readonly chapter: Chapter }
  | { readonly kind: 'tell'; readonly case: Case }
  | { readonly kind: 'forge' };

// The bundles are loaded over and over.
process.setSourceMapsEnabled(false);
const report = process.send?.bind(process);
const teller = new Teller(await startServer());
process.on('unhandledRejection', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', async (message: ToWorker) => {
  try {
    if (message.kind === 'list') {
      const recorded = await teller.record(message.chapter);
      const calls = casesOfCalls(message.chapter, recorded);
      const messages = casesOfMessages(message.chapter, recorded);
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
    } else if (message.kind === 'forge') report?.({ kind: 'forged', wrongs: await teller.forge() });
    else
      report?.({
        kind: 'told',
        outcome: await teller.tell(message.case),
        memory: process.memoryUsage.rss(),
      });
  } catch (error) {
    report?.({ kind: 'failed', error: error instanceof Error ? error.stack : String(error) });
  }
});
report?.({ kind: 'ready' });
