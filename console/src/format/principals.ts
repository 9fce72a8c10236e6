/**
 * Who started a run, in short.
 *
 * @module
 */

/** The last part of an ARN, as `mina` of `arn:aws:sts::1:assumed-role/team/mina`; else the text. */
export const shortPrincipal = (principal: string): string =>
  principal.startsWith('arn:') ? (principal.split(/[/:]/).at(-1) ?? principal) : principal;
