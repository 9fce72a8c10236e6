/**
 * Runs the containers of one task, as ECS does.
 *
 * 1. A container starts once each of its dependencies has started, completed or succeeded, as it
 *    asks.
 * 2. When an essential container ended, or something cannot start, the others are stopped: SIGTERM,
 *    then SIGKILL after their grace.
 * 3. A task that was stopped starts nothing more, and ends when its last container did.
 *
 * @module
 */
import type { ContainerEnd, ContainerPlan, RunningContainer, TaskPlace } from './executor.ts';
import type { TaskContainer } from './shapes.ts';

export interface TaskMember {
  readonly plan: ContainerPlan;
  readonly essential: boolean;
  readonly dependsOn: NonNullable<TaskContainer['dependsOn']>;
  /** Milliseconds from SIGTERM to SIGKILL. */
  readonly graceMs: number;
  write(line: string): void;
}

export interface TaskEnd {
  /** By container; one that never started has none. */
  readonly ends: ReadonlyMap<string, ContainerEnd>;
  /** An essential container ran. */
  readonly started: boolean;
  /** The essential container that ended first had exit code 0. */
  readonly succeeded: boolean;
}

export class Task {
  readonly ended: Promise<TaskEnd>;
  readonly #place: TaskPlace;
  readonly #onRunning: () => void;
  readonly #waiting: Set<TaskMember>;
  readonly #running = new Map<string, RunningContainer>();
  readonly #graces: ReadonlyMap<string, number>;
  readonly #begun = new Set<string>();
  readonly #ends = new Map<string, ContainerEnd>();
  readonly #killers = new Set<NodeJS.Timeout>();
  #open = 0;
  #started = false;
  #verdict: boolean | undefined;
  #stopped: 'SIGTERM' | 'SIGKILL' | undefined;
  #settle: (end: TaskEnd) => void = () => undefined;

  /** @param onRunning Called once, when an essential container runs. */
  constructor(place: TaskPlace, members: readonly TaskMember[], onRunning: () => void) {
    this.#place = place;
    this.#onRunning = onRunning;
    this.#waiting = new Set(members);
    this.#graces = new Map(members.map(({ plan, graceMs }) => [plan.name, graceMs]));
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#advance();
  }

  /** @param kill Without a SIGTERM before. */
  stop(kill = false): void {
    this.#stopped = kill ? 'SIGKILL' : (this.#stopped ?? 'SIGTERM');
    for (const [name, container] of this.#running) this.#signal(name, container);
    this.#advance();
  }

  #signal(name: string, container: RunningContainer): void {
    if (this.#stopped === 'SIGKILL') return container.signal('SIGKILL');
    container.signal('SIGTERM');
    const killer = setTimeout(() => container.signal('SIGKILL'), this.#graces.get(name) ?? 0);
    this.#killers.add(killer);
    return undefined;
  }

  #advance(): void {
    if (this.#stopped !== undefined) this.#waiting.clear();
    for (const member of [...this.#waiting]) {
      const states = member.dependsOn.map(({ containerName, condition }) =>
        this.#met(containerName, condition),
      );
      if (states.includes('never')) {
        this.#ends.set(member.plan.name, {
          exitCode: undefined,
          reason: 'A container that it depends on did not succeed',
        });
        this.#fail();
        return;
      }
      if (!states.every((state) => state === 'met')) continue;
      this.#waiting.delete(member);
      this.#open += 1;
      void this.#run(member);
    }
    if (this.#open > 0 || this.#waiting.size > 0) return;
    for (const killer of this.#killers) clearTimeout(killer);
    this.#settle({ ends: this.#ends, started: this.#started, succeeded: this.#verdict === true });
  }

  #met(name: string, condition: 'START' | 'COMPLETE' | 'SUCCESS'): 'met' | 'wait' | 'never' {
    const end = this.#ends.get(name);
    if (condition === 'START') return this.#begun.has(name) ? 'met' : 'wait';
    if (end === undefined) return 'wait';
    return condition === 'COMPLETE' || end.exitCode === 0 ? 'met' : 'never';
  }

  async #run(member: TaskMember): Promise<void> {
    const { name } = member.plan;
    let container: RunningContainer;
    try {
      container = await this.#place.start(member.plan, (line) => member.write(line));
    } catch (error) {
      this.#ends.set(name, {
        exitCode: undefined,
        reason: error instanceof Error ? error.message : String(error),
      });
      this.#open -= 1;
      this.#fail();
      return;
    }
    this.#running.set(name, container);
    this.#begun.add(name);
    if (member.essential && !this.#started) {
      this.#started = true;
      this.#onRunning();
    }
    if (this.#stopped !== undefined) this.#signal(name, container);
    else this.#advance();
    const end = await container.ended;
    this.#running.delete(name);
    this.#ends.set(name, end);
    this.#open -= 1;
    if (member.essential) {
      this.#verdict ??= end.exitCode === 0;
      this.stop();
    } else {
      this.#advance();
    }
  }

  #fail(): void {
    this.#verdict ??= false;
    this.stop();
  }
}
