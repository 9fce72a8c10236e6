/**
 * The program of the command line, built from the table of commands. Building it has no side
 * effects and loads no implementation of a command: help texts are printed and documentation is
 * generated without the engine.
 *
 * @module
 */
import { Command } from 'commander';
import type { ExitCode } from '../launch/exit-codes.ts';
import { headraceVersion } from '../submit/package-version.ts';
import { withTarget } from '../view/hints.ts';
import type { Output } from '../view/output.ts';
import type { CliCommand } from './command.ts';
import { COMMANDS, GROUPS } from './commands/table.ts';
import { completionCommand } from './completion/command.ts';
import { withNextStep } from './habits.ts';
import type { TargetOptions } from './option-types.ts';

export interface ProgramListeners {
  /** Receives the exit code of the command that was called. */
  readonly onExitCode?: (code: ExitCode) => void;
  /** Receives the options of the command before it is executed. */
  readonly onTarget?: (options: TargetOptions) => void;
  /**
   * Receives the print of a help text that depends on the arguments (`start demo/iris --help`). It
   * is called instead of printing the general help of the command.
   */
  readonly onHelp?: (print: () => Promise<void>) => void;
}

export function createProgram(output: Output, listeners: ProgramListeners = {}): Command {
  const program = new Command('headrace')
    .description('Machine-learning pipelines from plain TypeScript functions.')
    .version(headraceVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command...]', 'print the help of a command')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void output.write(text),
      writeErr: (text) => output.note(text.trimEnd()),
      outputError: (text, write) => write(withTarget(withNextStep(text, program.args), [])),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  headrace run pipeline.ts --arg url=https://example.org/iris.csv
  headrace runs list
  headrace runs logs latest --step train
  headrace runs resume latest

Exit codes: 0 completed, 1 the run failed, 2 wrong usage or invalid pipeline, 3 aborted, 130 interrupted (the run can be resumed).`,
    );
  const groups = new Map<string, Command>();
  for (const entry of [...COMMANDS, completionCommand(() => program)]) {
    const words = entry.name.split(' ');
    const name = words.at(-1) ?? '';
    const parent = words[1] === undefined ? program : groupOf(words[0] ?? '', program, groups);
    addCommand(parent.command(name), entry, output, listeners);
  }
  return program;
}

function groupOf(name: string, program: Command, groups: Map<string, Command>): Command {
  const existing = groups.get(name);
  if (existing !== undefined) return existing;
  const group = program
    .command(name)
    .description(GROUPS[name] ?? '')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command');
  groups.set(name, group);
  return group;
}

function addCommand(
  command: Command,
  entry: CliCommand,
  output: Output,
  listeners: ProgramListeners,
): void {
  printHelpOfSubject(command, entry, output, listeners);
  command.description(entry.description);
  for (const argument of entry.arguments ?? []) command.addArgument(argument);
  for (const option of entry.options ?? []) command.addOption(option);
  command
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', examplesText(entry.examples))
    // Commander passes the arguments, the options and the command.
    .action(async (...received: readonly unknown[]) => {
      const options = command.opts<TargetOptions>();
      listeners.onTarget?.(options);
      listeners.onExitCode?.(await entry.execute(received.slice(0, -1), options, output));
    });
}

/** `--help` with an argument prints the help about it, if the command has one. */
function printHelpOfSubject(
  command: Command,
  { printHelp }: CliCommand,
  output: Output,
  { onTarget, onHelp }: ProgramListeners,
): void {
  if (printHelp === undefined || onHelp === undefined) return;
  const outputGeneralHelp = command.outputHelp.bind(command);
  command.outputHelp = () => {
    const subject = command.args.find((argument) => !argument.startsWith('-'));
    if (subject === undefined) return outputGeneralHelp();
    const options = command.opts<TargetOptions>();
    onTarget?.(options);
    onHelp(() => printHelp(subject, options, options, output));
  };
}

const examplesText = (examples: readonly string[]): string =>
  `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n${examples.map((line) => `  ${line}`).join('\n')}`;
