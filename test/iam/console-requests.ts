/**
 * Requests of the console that no command sends: previews, code, columns of a run, and loads.
 *
 * @module
 */
import { z } from 'zod';
import { signRequest } from '../../src/client/signed-request.ts';
import { sigV4 } from '../../src/client/signing.ts';
import { runCodeSchema } from '../../src/wire/code.ts';
import { previewSchema } from '../../src/wire/previews.ts';
import { queueListSchema } from '../../src/wire/service.ts';
import type { RoleCloud } from './cloud.ts';

export interface ConsoleAnswers {
  /** The preview of an artifact whose content is an object. */
  readonly preview: z.infer<typeof previewSchema>;
  /** The bundles of the run, each with the length of its text. */
  readonly code: readonly { readonly name: string; readonly length: number }[];
  readonly queues: z.infer<typeof queueListSchema>['items'];
}

const bundleSchema = z.looseObject({ bundle: z.string() });

/** @param call a step with an artifact whose content is an object */
export async function readAsConsole(
  { endpoint, cloud: { region } }: RoleCloud,
  run: string,
  { call, artifact }: { readonly call: number; readonly artifact: string },
): Promise<ConsoleAnswers> {
  const sign = sigV4({ region });
  const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const url = new URL(`${endpoint}/v1/${path}`);
    const query = [...url.searchParams];
    url.search = '';
    const request = { method: 'GET', url, query, headers: {}, body: undefined };
    const { target, headers } = await signRequest(sign, request);
    const response = await fetch(target, { headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return schema.parse(JSON.parse(text));
  };
  const preview = await read(
    `runs/${run}/steps/${call}/preview?artifact=${artifact}`,
    previewSchema,
  );
  const { bundles } = await read(`runs/${run}/code`, runCodeSchema);
  const code = await Promise.all(
    bundles.map(async ({ name, hash }) => {
      const { bundle } = await read(`code/${hash}?run=${run}`, bundleSchema);
      return { name, length: bundle.length };
    }),
  );
  const { items: queues } = await read('queues?include=load', queueListSchema);
  for (const path of [
    `runs/${run}/steps/${call}/code`,
    `runs/${run}/graph`,
    `runs/${run}/state`,
    `runs/${run}/timings`,
    `runs/${run}/changes?since=0`,
    `runs/${run}/events`,
    `runs/${run}/log?from=end`,
    `runs/${run}/series`,
    `runs/${run}/scalars/names?component=large`,
    `summaries?runs=${run}`,
    'runs?include=args,scalars,cost',
    'queues/default/waiting',
    'me',
  ])
    await read(path, z.unknown());
  return { preview, code, queues };
}
