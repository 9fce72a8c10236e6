/** Quotes the argument for a shell where that is necessary. */
export const shellQuoted = (argument: string): string =>
  /^[\p{L}\p{N}_./:-][\p{L}\p{N}_./:@-]*$/u.test(argument)
    ? argument
    : `'${argument.replaceAll("'", `'\\''`)}'`;
