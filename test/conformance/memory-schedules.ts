/**
 * Schedules in memory.
 *
 * @module
 */
import type { Firing, FiringOutcome, Schedule, ScheduleName } from '../../src/model/schedule.ts';
import type { Schedules } from '../../src/ports/schedules.ts';
import { frozen } from './frozen.ts';

export class MemorySchedules implements Schedules {
  readonly #schedules = new Map<string, Schedule>();
  /** By schedule, then by key. */
  readonly #firings = new Map<string, Map<string, Firing>>();

  async write(schedule: Schedule, revision: number | null): Promise<boolean> {
    const key = keyOf(schedule);
    if ((this.#schedules.get(key)?.revision ?? null) !== revision) return false;
    this.#schedules.set(key, frozen(schedule));
    return true;
  }

  async schedule(name: ScheduleName): Promise<Schedule | undefined> {
    return this.#schedules.get(keyOf(name));
  }

  async schedules({
    project,
    after,
    limit,
  }: Parameters<Schedules['schedules']>[0]): Promise<readonly Schedule[]> {
    return [...this.#schedules.values()]
      .filter((each) => project === undefined || each.project === project)
      .sort(order)
      .filter((each) => after === undefined || order(each, after) > 0)
      .slice(0, limit);
  }

  async remove(name: ScheduleName): Promise<boolean> {
    this.#firings.delete(keyOf(name));
    return this.#schedules.delete(keyOf(name));
  }

  async advance(name: ScheduleName, position: number): Promise<void> {
    const schedule = this.#schedules.get(keyOf(name));
    if (schedule !== undefined && schedule.position < position)
      this.#schedules.set(keyOf(name), frozen({ ...schedule, position }));
  }

  async claim(name: ScheduleName, firing: Firing): Promise<Firing> {
    const firings = this.#of(name);
    const claimed = firings.get(firing.key) ?? frozen(firing);
    firings.set(firing.key, claimed);
    return claimed;
  }

  async settle(name: ScheduleName, key: string, outcome: FiringOutcome): Promise<void> {
    const firing = this.#of(name).get(key);
    if (firing !== undefined) this.#of(name).set(key, frozen({ ...firing, outcome }));
  }

  async firings(name: ScheduleName, limit: number): Promise<readonly Firing[]> {
    return [...this.#of(name).values()].sort((a, b) => compare(b.key, a.key)).slice(0, limit);
  }

  #of(name: ScheduleName): Map<string, Firing> {
    const firings = this.#firings.get(keyOf(name)) ?? new Map<string, Firing>();
    this.#firings.set(keyOf(name), firings);
    return firings;
  }
}

const keyOf = ({ project, name }: ScheduleName): string => JSON.stringify([project, name]);
const order = (a: ScheduleName, b: ScheduleName): number =>
  compare(a.project, b.project) || compare(a.name, b.name);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
