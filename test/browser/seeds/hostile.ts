/**
 * Texts that a pipeline or a user could write against readers of the console.
 *
 * @module
 */

export const HOSTILE_NAMES = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  'javascript:alert(1)//',
  'safe\u202Egpj.exe',
  'a\u200Bb\u2066c\u2069',
  `${'long'.repeat(32)}`,
  '{{7*7}}${7*7}',
  '</textarea><svg/onload=alert(1)>',
] as const;

/** Markup, escapes of terminals, links, control characters, a reversed text, and a very long line. */
export const HOSTILE_LOG = [
  'plain line',
  '<img src=x onerror=alert(1)> <script>alert(1)</script>',
  '\u001b[31mred\u001b[0m \u001b[1;4;38;5;208mbold\u001b[0m \u001b[2J\u001b[H\u001b]0;title\u0007',
  '\u001b]8;;javascript:alert(1)\u0007click\u001b]8;;\u0007 \u001b]8;;https://example.com/\u0007link\u001b]8;;\u0007',
  'safe \u202Etxet desrever\u202C end',
  '{"level":"error","message":"as JSON","at":1}',
  `long ${'x'.repeat(20_000)}`,
  'tab\tnull\u0000bell\u0007',
  '',
].join('\n');
