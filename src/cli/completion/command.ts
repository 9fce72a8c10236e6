/** `headrace completion` */
import { Argument, type Command } from 'commander';
import { EXIT } from '../../launch/exit-codes.ts';
import { type CliCommand, defineCommand } from '../command.ts';
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from './scripts.ts';

/** @param program returns the program whose commands and options are completed */
export const completionCommand = (program: () => Command): CliCommand =>
  defineCommand<[shell: Shell, words: readonly string[], options: object]>({
    name: 'completion',
    description:
      'print the script that completes commands, options and names in a shell; with words after `--`, what may stand in place of the last one',
    arguments: [
      new Argument('<shell>', 'the shell').choices([...SHELLS]),
      new Argument('[words...]', 'the words after headrace, up to the one that is completed'),
    ],
    examples: [
      'headrace completion bash >> ~/.bashrc',
      'headrace completion zsh > ~/.zsh/completions/_headrace',
      'headrace completion fish > ~/.config/fish/completions/headrace.fish',
    ],
    async local(shell, words, _options, output) {
      if (words.length === 0) {
        await output.write(COMPLETION_SCRIPTS[shell]);
        return EXIT.completed;
      }
      const [{ candidatesFor }, { homeNames }] = await Promise.all([
        import('./candidates.ts'),
        import('./home-names.ts'),
      ]);
      const found = await candidatesFor(program(), words, homeNames);
      for (const { word, description } of found)
        await output.write(`${word}\t${description.replace(/\s+/g, ' ')}\n`);
      return EXIT.completed;
    },
  });
