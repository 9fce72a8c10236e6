/** A rule of the design that a world saw broken. `rule` names it and is what a smaller world must break too. */
export class Violation extends Error {
  constructor(
    readonly rule: string,
    readonly detail: string,
  ) {
    super(`${rule}: ${detail}`);
    this.name = 'Violation';
  }
}

export function demand(holds: boolean, rule: string, detail: () => string): void {
  if (!holds) throw new Violation(rule, detail());
}
