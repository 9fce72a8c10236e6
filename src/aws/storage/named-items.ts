/**
 * Items of one partition that are sorted by project, then by name: the lists of pipelines and of
 * models.
 *
 * @module
 */
import {
  type Condition,
  endOfPrefix,
  type Item,
  type ItemKey,
  type Table,
} from '../dynamodb/table.ts';

/** A page of such a list, in the order of the keys. */
export interface NamedPage {
  /** Exactly this project. Default: all. */
  readonly project?: string | undefined;
  readonly after?: { readonly project: string; readonly name: string } | undefined;
  readonly limit: number;
  /** Only items for which it holds. */
  readonly filter?: Condition | undefined;
}

/** Sorts before all characters of a name, so that keys sort by project, then by name. */
const SEPARATOR = '\u0001';

export const namedKey = (partition: string, project: string, name: string): ItemKey => ({
  pk: partition,
  sk: `${project}${SEPARATOR}${name}`,
});

export async function listNamed(
  table: Table,
  partition: string,
  { project, after, limit, filter }: NamedPage,
): Promise<readonly Item[]> {
  const prefix = project === undefined ? '' : `${project}${SEPARATOR}`;
  const afterKey =
    after === undefined ? '' : `${after.project}${SEPARATOR}${after.name}${SEPARATOR}`;
  const from = afterKey > prefix ? afterKey : prefix || ' ';
  const to = endOfPrefix(prefix);
  if (from > to) return [];
  const condition = filter === undefined ? {} : { filter };
  return await table.list({ pk: partition, from, to, limit, ...condition }, limit);
}
