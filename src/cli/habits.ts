/**
 * Commands that users of other programs type, and the command that does the same here.
 *
 * @module
 */

/** By what follows `headrace`, as far as it names a command. */
const HABITS: ReadonlyMap<string, string> = new Map([
  ['version', 'headrace --version'],
  ['logs', 'headrace runs logs'],
  ['log', 'headrace runs logs'],
  ['list', 'headrace runs list'],
  ['ls', 'headrace runs list'],
  ['ps', 'headrace runs list'],
  ['status', 'headrace runs show'],
  ['show', 'headrace runs show'],
  ['resume', 'headrace runs resume'],
  ['abort', 'headrace runs abort'],
  ['cancel', 'headrace runs abort'],
  ['stop', 'headrace runs abort'],
  ['rm', 'headrace runs remove'],
  ['delete', 'headrace runs remove'],
  ['runs rm', 'headrace runs remove'],
  ['runs delete', 'headrace runs remove'],
  ['runs ls', 'headrace runs list'],
  ['runs log', 'headrace runs logs'],
  ['runs status', 'headrace runs show'],
  ['runs cancel', 'headrace runs abort'],
  ['runs stop', 'headrace runs abort'],
  ['new', 'headrace init'],
  ['create', 'headrace init'],
  ['ui', 'headrace dev'],
  ['server', 'headrace dev'],
]);

/**
 * The error of Commander with the next step: the command for a habit, else the nearest name, which
 * Commander has found, else the list of commands.
 *
 * @param typed the words after `headrace`
 */
export function withNextStep(error: string, typed: readonly string[]): string {
  const text = error.replace(/\n(?=\(Did you mean)/, ' ');
  if (!/unknown command/.test(text)) return text;
  const [first = '', second = ''] = typed;
  const habit = HABITS.get(`${first} ${second}`) ?? HABITS.get(first);
  if (habit !== undefined)
    return `${text.replace(/ \(Did you mean.*\)/, '').trimEnd()} (use: ${habit})\n`;
  return text.includes('Did you mean')
    ? text
    : `${text.trimEnd()}; see: headrace help${first === 'runs' ? ' runs' : ''}\n`;
}
