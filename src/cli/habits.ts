/**
 * Commands that users of other programs type, and the command that does the same here.
 *
 * @module
 */

/** Both without `headrace`: what is typed, as far as it names a command, and the command. */
const HABITS: ReadonlyMap<string, string> = new Map([
  ['version', '--version'],
  ['logs', 'runs logs'],
  ['log', 'runs logs'],
  ['list', 'runs list'],
  ['ls', 'runs list'],
  ['ps', 'runs list'],
  ['status', 'runs show'],
  ['show', 'runs show'],
  ['resume', 'runs resume'],
  ['abort', 'runs abort'],
  ['cancel', 'runs abort'],
  ['stop', 'runs abort'],
  ['rm', 'runs remove'],
  ['delete', 'runs remove'],
  ['runs rm', 'runs remove'],
  ['runs delete', 'runs remove'],
  ['runs ls', 'runs list'],
  ['watch', 'runs watch'],
  ['runs log', 'runs logs'],
  ['runs status', 'runs show'],
  ['runs cancel', 'runs abort'],
  ['runs stop', 'runs abort'],
  ['runs compare', 'runs diff'],
  ['compare', 'runs diff'],
  ['runs prune', 'gc'],
  ['prune', 'gc'],
  ['new', 'init'],
  ['create', 'init'],
  ['ui', 'dev'],
  ['server', 'dev'],
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
    return `${text.replace(/ \(Did you mean.*\)/, '').trimEnd()} (use: \`headrace ${habit}\`)\n`;
  return text.includes('Did you mean')
    ? text
    : `${text.trimEnd()}; see: \`headrace help${first === 'runs' ? ' runs' : ''}\`\n`;
}
