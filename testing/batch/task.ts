/**
 * Runs the containers of one task, as ECS does.
 *
 * 1. A container starts when each of its dependencies has met its condition: started, completed or
 *    succeeded.
 * 2. When an essential container exits, or a container cannot start, the others are stopped:
 *    SIGTERM, then SIGKILL after their grace period.
 * 3. A stopped task starts no further containers, and ends with its last container.
 *
 * @module
 */
import type { ContainerExit, ContainerPlan, RunningContainer, TaskRuntime } from './executor.ts';
import type { TaskContainer } from './shapes.ts';

export interface TaskMember {
  readonly plan: ContainerPlan;
  readonly essential: boolean;
  readonly dependsOn: NonNullable<TaskContainer['dependsOn']>;
  /** Milliseconds from SIGTERM to SIGKILL. */
  readonly graceMs: number;
  write(line: string): void;
}

export interface TaskResult {
  /** By container; a container that never started has no entry. */
  readonly exits: ReadonlyMap<string, ContainerExit>;
  /** Whether an essential container ran. */
  readonly started: boolean;
  /** Whether the first essential container that exited had exit code 0. */
  readonly succeeded: boolean;
}

export class Task {
  readonly ended: Promise<TaskResult>;
  readonly #runtime: TaskRuntime;
  readonly #onRunning: () => void;
  readonly #waiting: Set<TaskMember>;
  readonly #running = new Map<string, RunningContainer>();
  readonly #graceMs: ReadonlyMap<string, number>;
  readonly #startedNames = new Set<string>();
  readonly #exits = new Map<string, ContainerExit>();
  readonly #killTimers = new Set<NodeJS.Timeout>();
  #activeCount = 0;
  #started = false;
  #succeeded: boolean | undefined;
  #stopSignal: 'SIGTERM' | 'SIGKILL' | undefined;
  #resolve: (result: TaskResult) => void = () => undefined;

  /** @param onRunning called once, when an essential container runs */
  constructor(runtime: TaskRuntime, members: readonly TaskMember[], onRunning: () => void) {
    this.#runtime = runtime;
    this.#onRunning = onRunning;
    this.#waiting = new Set(members);
    this.#graceMs = new Map(members.map(({ plan, graceMs }) => [plan.name, graceMs]));
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#advance();
  }

  /** @param kill whether SIGKILL is sent without SIGTERM before */
  stop(kill = false): void {
    this.#stopSignal = kill ? 'SIGKILL' : (this.#stopSignal ?? 'SIGTERM');
    for (const [name, container] of this.#running) this.#signal(name, container);
    this.#advance();
  }

  #signal(name: string, container: RunningContainer): void {
    if (this.#stopSignal === 'SIGKILL') return container.signal('SIGKILL');
    container.signal('SIGTERM');
    const timer = setTimeout(() => container.signal('SIGKILL'), this.#graceMs.get(name) ?? 0);
    this.#killTimers.add(timer);
    return undefined;
  }

  /** Starts the containers whose dependencies are met; completes the task after the last one. */
  #advance(): void {
    if (this.#stopSignal !== undefined) this.#waiting.clear();
    for (const member of [...this.#waiting]) {
      const states = member.dependsOn.map(({ containerName, condition }) =>
        this.#stateOf(containerName, condition),
      );
      if (states.includes('never')) {
        this.#exits.set(member.plan.name, {
          exitCode: undefined,
          reason: 'A container that it depends on did not succeed',
        });
        this.#fail();
        return;
      }
      if (!states.every((state) => state === 'met')) continue;
      this.#waiting.delete(member);
      this.#activeCount += 1;
      void this.#run(member);
    }
    if (this.#activeCount > 0 || this.#waiting.size > 0) return;
    for (const timer of this.#killTimers) clearTimeout(timer);
    this.#resolve({
      exits: this.#exits,
      started: this.#started,
      succeeded: this.#succeeded === true,
    });
  }

  #stateOf(name: string, condition: 'START' | 'COMPLETE' | 'SUCCESS'): 'met' | 'wait' | 'never' {
    const exit = this.#exits.get(name);
    if (condition === 'START') return this.#startedNames.has(name) ? 'met' : 'wait';
    if (exit === undefined) return 'wait';
    return condition === 'COMPLETE' || exit.exitCode === 0 ? 'met' : 'never';
  }

  async #run(member: TaskMember): Promise<void> {
    const { name } = member.plan;
    let container: RunningContainer;
    try {
      container = await this.#runtime.start(member.plan, (line) => member.write(line));
    } catch (error) {
      this.#exits.set(name, {
        exitCode: undefined,
        reason: error instanceof Error ? error.message : String(error),
      });
      this.#activeCount -= 1;
      this.#fail();
      return;
    }
    this.#running.set(name, container);
    this.#startedNames.add(name);
    if (member.essential && !this.#started) {
      this.#started = true;
      this.#onRunning();
    }
    if (this.#stopSignal !== undefined) this.#signal(name, container);
    else this.#advance();
    const exit = await container.ended;
    this.#running.delete(name);
    this.#exits.set(name, exit);
    this.#activeCount -= 1;
    if (member.essential) {
      this.#succeeded ??= exit.exitCode === 0;
      this.stop();
    } else {
      this.#advance();
    }
  }

  #fail(): void {
    this.#succeeded ??= false;
    this.stop();
  }
}
