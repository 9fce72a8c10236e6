/**
 * Schedules and their firings in DynamoDB, in the table of runs.
 *
 * ```
 * SCHEDULES       | project name   a schedule; `r` its revision, `p` its position
 * SF#project#name | key            a firing; `o` its outcome. It expires.
 * ```
 *
 * 1. Queues and rules deliver an event again for days at the longest. A firing is kept longer, so
 *    that a late delivery finds the claim of the first one.
 *
 * @module
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Firing, FiringOutcome, Schedule, ScheduleName } from '../../model/schedule.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Schedules } from '../../ports/schedules.ts';
import { readDocument, storeDocument } from '../dynamodb/stored-documents.ts';
import {
  endOfPrefix,
  IF_ABSENT,
  type Item,
  type ItemKey,
  inParallel,
  number,
  numberIn,
  Table,
  text,
  textIn,
} from '../dynamodb/table.ts';
import { listNamed, namedKey } from './named-items.ts';

export interface DynamoSchedulesOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock?: Clock;
}

export const createDynamoSchedules = ({
  client,
  table,
  clock = { now: () => Date.now() },
}: DynamoSchedulesOptions): Schedules => new DynamoSchedules(new Table(client, table), clock);

const SCHEDULES = 'SCHEDULES';
const FIRING_TTL_SECONDS = 90 * 86_400;

const scheduleKey = ({ project, name }: ScheduleName): ItemKey =>
  namedKey(SCHEDULES, project, name);
const firingsPartition = ({ project, name }: ScheduleName): string => `SF#${project}#${name}`;
const firingsRange = (schedule: ScheduleName) => ({
  pk: firingsPartition(schedule),
  from: '0',
  to: endOfPrefix('9'),
});

class DynamoSchedules implements Schedules {
  readonly #table: Table;
  readonly #clock: Clock;

  constructor(table: Table, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  async write(schedule: Schedule, revision: number | null): Promise<boolean> {
    const key = scheduleKey(schedule);
    const outcome = await this.#table.put(
      key,
      {
        d: await storeDocument(this.#table, key, schedule, {}),
        r: number(schedule.revision),
        p: number(schedule.position),
      },
      revision === null ? IF_ABSENT : { expression: 'r = :r', values: { ':r': number(revision) } },
    );
    return outcome.applied;
  }

  async schedule(name: ScheduleName): Promise<Schedule | undefined> {
    const item = await this.#table.get(scheduleKey(name));
    return item === undefined ? undefined : await this.#read(item);
  }

  async schedules(page: Parameters<Schedules['schedules']>[0]): Promise<readonly Schedule[]> {
    const items = await listNamed(this.#table, SCHEDULES, page);
    return await inParallel(items, (item) => this.#read(item));
  }

  /** The schedule first: without it, no further firing is claimed. */
  async remove(name: ScheduleName): Promise<boolean> {
    const removed = await this.#table.delete(scheduleKey(name));
    const pk = firingsPartition(name);
    for await (const page of this.#table.pages(firingsRange(name)))
      await inParallel(page, (item) => this.#table.delete({ pk, sk: textIn(item, 'sk') }));
    return removed !== undefined;
  }

  async advance(name: ScheduleName, position: number): Promise<void> {
    const p = number(position);
    await this.#table.update(
      scheduleKey(name),
      { set: { p } },
      { expression: 'attribute_exists(pk) AND p < :p', values: { ':p': p } },
    );
  }

  async claim(name: ScheduleName, { outcome, ...firing }: Firing): Promise<Firing> {
    const key = { pk: firingsPartition(name), sk: firing.key };
    const written = await this.#table.put(
      key,
      {
        d: text(JSON.stringify(firing)),
        o: text(JSON.stringify(outcome)),
        expiresAt: number(Math.floor(this.#clock.now() / 1000) + FIRING_TTL_SECONDS),
      },
      IF_ABSENT,
    );
    return written.applied || written.item === undefined
      ? { ...firing, outcome }
      : readFiring(written.item);
  }

  async settle(name: ScheduleName, key: string, outcome: FiringOutcome): Promise<void> {
    await this.#table.update(
      { pk: firingsPartition(name), sk: key },
      { set: { o: text(JSON.stringify(outcome)) } },
      { expression: 'attribute_exists(pk)' },
    );
  }

  async firings(name: ScheduleName, limit: number): Promise<readonly Firing[]> {
    const items = await this.#table.list({ ...firingsRange(name), descending: true, limit }, limit);
    return items.map(readFiring);
  }

  async #read(item: Item): Promise<Schedule> {
    return {
      ...(await readDocument<Schedule>(this.#table, item)),
      position: numberIn(item, 'p'),
    };
  }
}

const readFiring = (item: Item): Firing => ({
  ...JSON.parse(textIn(item, 'd')),
  outcome: JSON.parse(textIn(item, 'o')),
});
