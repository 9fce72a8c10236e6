/**
 * The client of a process that evaluates the logic of one run. It uses the run's own token, which
 * permits nothing else.
 *
 * @module
 */
import { readBody } from '../model/collect-bytes.ts';
import type { HistoryEvent } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import {
  claimedEvaluationSchema,
  type EvaluationAnswer,
  evaluationSchema,
  eventListSchema,
  signatureListSchema,
  valueLinkSchema,
} from '../wire/evaluations.ts';
import type { LinkDocument } from '../wire/values.ts';
import { bearer } from './signing.ts';
import { Transport, type TransportOptions } from './transport.ts';

export type EvaluationClient = ReturnType<typeof createEvaluationClient>;

export function createEvaluationClient(
  { token, ...options }: Omit<TransportOptions, 'sign'> & { readonly token: string },
  run: RunId,
) {
  const transport = new Transport({ ...options, sign: bearer(() => token) });
  const path = `/evaluations/v1/${run}`;
  const pageQuery = { limit: 200 };
  return {
    evaluation: () => transport.call({ method: 'GET', path, schema: evaluationSchema }),
    claim: (process: string) =>
      transport.call({
        method: 'POST',
        path: `${path}/claim`,
        body: { process },
        schema: claimedEvaluationSchema,
      }),
    events: async (from: number): Promise<readonly HistoryEvent[]> =>
      (
        await transport.call({
          method: 'GET',
          path: `${path}/events`,
          query: { from, ...pageQuery },
          schema: eventListSchema,
        })
      ).items,
    signatures: async (from: number): Promise<readonly string[]> =>
      (
        await transport.call({
          method: 'GET',
          path: `${path}/signatures`,
          query: { from, ...pageQuery },
          schema: signatureListSchema,
        })
      ).items,
    valueLink: async (key: string): Promise<LinkDocument> =>
      (
        await transport.call({
          method: 'GET',
          path: `${path}/values`,
          query: { key },
          schema: valueLinkSchema,
        })
      ).link,
    answer: (body: EvaluationAnswer) =>
      transport.call({ method: 'POST', path: `${path}/answers`, body, schema: evaluationSchema }),
    /** Reads the object that a link names; undefined if it has more than `maxBytes`. */
    readLink: async (link: LinkDocument, maxBytes: number): Promise<Uint8Array | undefined> =>
      readBody(await transport.followLink(link), maxBytes),
  };
}
