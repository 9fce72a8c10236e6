import { afterEach, describe, expect, it } from 'vitest';
import { setCommandTarget } from '../../../../console/src/format/command-target.ts';
import { commandLine, listCommand } from '../../../../console/src/forms/command.ts';

afterEach(() => setCommandTarget(undefined));

describe('the commands that a page shows', () => {
  it.each([
    [undefined, 'headrace runs show 01m8'],
    ['team', 'headrace runs show 01m8 --profile team'],
    ['my team', "headrace runs show 01m8 --profile 'my team'"],
    [
      'https://api.example.com/live',
      'headrace runs show 01m8 --endpoint https://api.example.com/live',
    ],
  ])('name the target %s', (target, command) => {
    setCommandTarget(target);
    expect(commandLine('runs', 'show', '01m8')).toBe(command);
  });

  it('list runs with all filters that the command has', () => {
    expect(
      listCommand({
        project: 'forecasts',
        status: ['failed', 'aborted'],
        tag: ['prod'],
        by: 'mina',
        from: '7d',
        q: 'loss curve',
        archived: 'only',
      }),
    ).toBe(
      "headrace runs list --project forecasts --by mina --from 7d --status failed --tag prod --search 'loss curve' --archived",
    );
  });
});
