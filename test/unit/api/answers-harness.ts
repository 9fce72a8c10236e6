import { expect } from 'vitest';
import { z } from 'zod';
import { allItems } from '../../../src/client/client.ts';
import type { RunHead } from '../../../src/model/run.ts';
import type { Page } from '../../../src/wire/values.ts';
import { aCommit } from '../../conformance/records.ts';
import { A_RUN, type ApiHarness, idOf } from './harness.ts';

export const created = z.object({ id: z.string() });

export async function aRun(
  harness: ApiHarness,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { status, body } = await harness.request('POST', '/v1/runs', A_RUN, headers);
  expect(status).toBe(201);
  return created.parse(body).id;
}

/** Commits to the run as the controller does. */
export async function commit(
  { storage }: ApiHarness,
  id: string,
  content: Parameters<typeof aCommit>[1],
  head: Partial<RunHead> = {},
): Promise<void> {
  const run = await storage.tasks.run(idOf(Number(id.slice(5))));
  if (run === undefined) throw new Error(`there is no run ${id}`);
  await storage.tasks.commit(run.info.id, aCommit(run.head, content, head));
}

export const pageSchema = z.object({
  items: z.array(z.looseObject({})),
  next: z.string().nullable(),
});

/** All pages of a list. Each page is the list of the values of one field. */
export async function pages(
  harness: ApiHarness,
  path: string,
  field: string,
): Promise<unknown[][]> {
  const found: unknown[][] = [];
  const page = async ({ cursor }: { readonly cursor?: string }): Promise<Page<unknown>> => {
    const { status, body } = await harness.request(
      'GET',
      `${path}${cursor === undefined ? '' : `&cursor=${cursor}`}`,
    );
    expect(status, JSON.stringify(body)).toBe(200);
    const { items, next } = pageSchema.parse(body);
    found.push(items.map((item) => item[field]));
    return { items, next };
  };
  for await (const _ of allItems(page));
  return found;
}
