/**
 * The steps that a file's pipeline calls before any step has completed: the logic is evaluated with
 * an empty history, and no step is executed. What the logic calls after it has awaited a value
 * depends on that value, and is not known.
 *
 * @module
 */
import { createEvaluator } from '../evaluator/index.ts';
import { CommandLineError } from '../launch/errors.ts';
import type { Command } from '../model/history.ts';
import type { JsonObject } from '../model/json.ts';
import type { ComponentDeclaration } from '../model/options.ts';
import { stepNameOf, stepNumberOf } from '../model/step-names.ts';
import type { CompiledPipeline } from '../submit/compile.ts';
import { newRunOf } from '../submit/prepare.ts';
import { formatDuration } from '../view/format.ts';
import type { GraphStep } from './run-graph.ts';

/** Commands of one answer of the evaluator. */
const PAGE_COMMANDS = 10_000;

/** No pages. */
async function* noPages(): AsyncGenerator<never> {
  // The logic has observed nothing.
}

const NO_HISTORY = { events: noPages, signatures: noPages };

export interface PlannedGraph {
  readonly steps: readonly GraphStep[];
  /** What the logic waits for: steps, timers, signals. Empty: it returned. */
  readonly waitsFor: readonly string[];
}

/** @throws CommandLineError if the logic fails */
export async function planGraph(
  compiled: CompiledPipeline,
  args: JsonObject,
): Promise<PlannedGraph> {
  const plan = new Plan();
  for await (const command of firstCommands(compiled, args)) plan.add(command);
  return plan;
}

/** The commands that the logic issues before it observes an event. */
async function* firstCommands(
  compiled: CompiledPipeline,
  args: JsonObject,
): AsyncGenerator<Command> {
  const { code, declaration, texts, defaultQueue } = compiled;
  const evaluator = createEvaluator({
    loadCode: async () => texts.get(code.logic.key) ?? '',
    fetchValue: async () => {
      throw new Error('no step has completed');
    },
  });
  const version = {
    version: declaration.version,
    content: { code, declaration, defaultQueue, createdAt: Date.now() },
  };
  const info = { ...newRunOf(version, { args, noCache: false }), number: 1 };
  for (let fromCommand = 0; ; ) {
    const answer = await evaluator.evaluate({
      info,
      generation: 0,
      position: 0,
      fromCommand,
      history: NO_HISTORY,
      limit: PAGE_COMMANDS,
    });
    if (answer.kind === 'broken')
      throw new CommandLineError(`the logic failed: ${answer.error.message}`);
    for (const { command } of answer.commands) {
      if (command.kind === 'threw')
        throw new CommandLineError(`the logic failed: ${command.error.message}`);
      yield command;
    }
    if (!answer.more) return;
    fromCommand += answer.commands.length;
  }
}

class Plan implements PlannedGraph {
  readonly steps: GraphStep[] = [];
  readonly waitsFor: string[] = [];
  readonly #declarations = new Map<string, ComponentDeclaration>();
  /** The names of the calls of each component. */
  readonly #calls = new Map<string, string[]>();

  add(command: Command): void {
    switch (command.kind) {
      case 'declare':
        this.#declarations.set(command.component.name, command.component);
        break;
      case 'call':
        this.#addCall(command);
        break;
      case 'await':
        this.#waitForStep(this.steps[command.call]?.name);
        break;
      case 'sleep':
        this.waitsFor.push(`a timer of ${formatDuration(command.durationMs)}`);
        break;
      case 'waitForSignal':
        this.waitsFor.push(`the signal ${command.name}`);
        break;
      default:
    }
  }

  #addCall({ component, args, awaited }: Extract<Command, { kind: 'call' }>): void {
    const declaration = this.#declarations.get(component);
    const earlier = this.#calls.get(component) ?? [];
    const number = stepNumberOf(earlier.length, declaration?.skippedNumbers);
    const name = stepNameOf(component, number);
    const parents = [
      ...args.refs.flatMap(({ call }) => this.steps[call]?.name ?? []),
      ...(declaration?.parents ?? []).flatMap((parent) => this.#callsNamed(parent)),
    ];
    this.steps.push({ name, status: 'planned', parents: [...new Set(parents)] });
    this.#calls.set(component, [...earlier, name]);
    if (awaited) this.#waitForStep(name);
  }

  /** A name in the option `parents` is that of a component or of a step. */
  #callsNamed(name: string): readonly string[] {
    return this.#calls.get(name) ?? this.steps.filter((step) => step.name === name).map(() => name);
  }

  #waitForStep(name: string | undefined): void {
    if (name !== undefined && !this.waitsFor.includes(name)) this.waitsFor.push(name);
  }
}
