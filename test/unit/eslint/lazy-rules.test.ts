import { noLazyCondition } from '../../../src/eslint/rules/no-lazy-condition.ts';
import { noLazyOperand } from '../../../src/eslint/rules/no-lazy-operand.ts';
import { testRule } from './rule-tester.ts';

/** A pipeline with these statements. */
const inLogic = (statements: string, head = DECLARED): string => `${head}
export const main = pipeline({ name: 'main' }, async (from) => {
  ${statements}
});`;

const DECLARED = `import { component, pipeline, PipelineDecorator, inputFile } from 'headrace';
import * as headrace from 'headrace';
import { other } from 'other';
const load = component({ returnValues: ['rows'] }, (from) => [from]);
const split = component({ returnValues: ['train', 'test'] }, (rows) => [rows, rows]);
const steps = { train: PipelineDecorator.component({}, (rows) => rows.length) };
const options = { returnValues: ['a', 'b'] };
const pair = headrace.component(options, () => [1, 2]);`;

testRule('no-lazy-condition', noLazyCondition, 'espree', {
  valid: [
    {
      name: 'an awaited step may be a condition',
      code: inLogic('if (await load(from)) return 1;'),
    },
    {
      name: 'an awaited step in a constant may be a condition',
      code: inLogic('const rows = await load(from); return rows ? 1 : !rows;'),
    },
    {
      name: 'a call of another function may be a condition',
      code: inLogic('if (other(from)) return 1;'),
    },
    {
      name: 'a parameter that hides a component may be a condition',
      code: inLogic('const use = (load) => (load() ? 1 : 2); return use(other);'),
    },
    {
      name: 'a variable that is assigned twice may be a condition',
      code: inLogic('let rows = load(from); rows = undefined; if (rows) return 1;'),
    },
    {
      name: 'a component itself may be a condition',
      code: inLogic('return load ? 1 : 2;'),
    },
    {
      name: 'the same names of another package are not components',
      code: inLogic(
        'return train() ? 1 : 2;',
        "import { component, pipeline } from 'other'; const train = component({}, () => 1);",
      ),
    },
  ],
  invalid: [
    {
      name: 'a call in an if is reported, with the suggestion to await it',
      code: inLogic('if (load(from)) return 1;'),
      errors: [
        {
          message: '`load(from)` is a Lazy, so this condition is always true.',
          suggestions: [
            {
              desc: 'Await it: `await load(from)`.',
              output: inLogic('if (await load(from)) return 1;'),
            },
          ],
        },
      ],
    },
    {
      name: 'a constant in a conditional expression is reported',
      code: inLogic('const rows = load(from); return rows ? 1 : 2;'),
      errors: [
        {
          messageId: 'condition',
          suggestions: [
            {
              messageId: 'await',
              output: inLogic('const rows = load(from); return (await rows) ? 1 : 2;'),
            },
          ],
        },
      ],
    },
    {
      name: 'a Lazy after ! and before && || ?? is reported',
      code: inLogic(
        'const rows = load(from); const f = () => [!rows, rows && 1, rows || 1, rows ?? 1]; return f();',
      ),
      errors: [
        { messageId: 'negated' },
        { messageId: 'logical' },
        { messageId: 'logical' },
        { messageId: 'logical' },
      ],
    },
    {
      name: 'a Lazy in the tests of loops is reported',
      code: inLogic(
        'const f = (g) => { while (load(from)) g(); do g(); while (load(from)); for (; load(from); ) g(); }; f(other);',
      ),
      errors: [{ messageId: 'condition' }, { messageId: 'condition' }, { messageId: 'condition' }],
    },
    {
      name: 'all ways to declare and hold a component are followed',
      code: inLogic(
        `const [first] = split(from); const both = pair();
  const f = () => [first ? 1 : 2, split(from) ? 1 : 2, both[1] ? 1 : 2, steps.train(from) ? 1 : 2, inputFile('a.csv') ? 1 : 2];
  return f();`,
      ),
      errors: [
        { messageId: 'condition' },
        { messageId: 'condition' },
        { messageId: 'condition' },
        { messageId: 'condition' },
        { messageId: 'condition' },
      ],
    },
    {
      name: 'a choice between two Lazies is a Lazy',
      code: inLogic(
        'const f = () => { const rows = from ? load(1) : load(2); return !rows; }; return f();',
      ),
      errors: [{ messageId: 'negated' }],
    },
  ],
});

testRule('no-lazy-operand', noLazyOperand, 'espree', {
  valid: [
    {
      name: 'a Lazy may be passed on, returned, awaited and put into a list',
      code: inLogic(
        'const rows = load(from); const list = [rows, { rows }]; await rows; rows.then(other); return steps.train(rows, list);',
      ),
    },
    {
      name: 'several return values may be destructured, spread, counted and iterated',
      code: inLogic(
        'const both = split(from); const [a] = both; for (const each of both) other(each); return other(...both, both.length, a);',
      ),
    },
    {
      name: 'two Lazies may be compared',
      code: inLogic('const a = load(1); const b = load(2); return a === b;'),
    },
  ],
  invalid: [
    {
      name: 'a property of a Lazy is reported, with the suggestion to await it',
      code: inLogic('return load(from).length;'),
      errors: [
        {
          message: '`load(from)` is a Lazy, not its value: it has no property `length`.',
          suggestions: [
            { messageId: 'await', output: inLogic('return (await load(from)).length;') },
          ],
        },
      ],
    },
    {
      name: 'a Lazy in operators is reported',
      code: inLogic(
        'const rows = load(from); const f = (sum) => { sum += rows; return [rows + 1, 1 < rows, -rows, typeof rows, rows == 1, 1 !== rows]; }; return f();',
      ),
      errors: [
        { messageId: 'operand' },
        { messageId: 'operand' },
        { messageId: 'operand' },
        { messageId: 'operand' },
        { messageId: 'operand' },
        { messageId: 'compared' },
        { messageId: 'compared' },
      ],
    },
    {
      name: 'a Lazy in a template is reported',
      code: inLogic('const rows = load(from); return `${rows}`;'),
      errors: [
        {
          messageId: 'template',
          suggestions: [
            {
              messageId: 'await',
              output: inLogic('const rows = load(from); return `${await rows}`;'),
            },
          ],
        },
      ],
    },
    {
      name: 'a single Lazy that is read as a list is reported',
      code: inLogic(
        'const rows = load(from); const f = () => { for (const row of rows) other(row); for (const key in rows) other(key); switch (rows) {} return [...rows]; }; return f();',
      ),
      errors: [
        { messageId: 'list' },
        { messageId: 'list' },
        { messageId: 'compared' },
        { messageId: 'list' },
      ],
    },
  ],
});

const ANNOTATED = `import { type Lazy, pipeline } from 'headrace';
const isBig = (rows: Lazy<number[]>, maybe?: Lazy<number>) => rows || maybe ? 1 : 2;`;

testRule('no-lazy-condition', noLazyCondition, 'typescript', {
  valid: [
    {
      name: 'an optional parameter of type Lazy may be a condition without types',
      code: inLogic(
        'return has;',
        `import { type Lazy, pipeline } from 'headrace';
const has = (maybe?: Lazy<number>) => (maybe ? 1 : 2);`,
      ),
    },
  ],
  invalid: [
    {
      name: 'a parameter of type Lazy is reported without types',
      code: inLogic('return isBig;', ANNOTATED),
      errors: [{ messageId: 'logical' }],
    },
    {
      name: 'a Lazy inside as and ! is reported without types',
      code: inLogic('const f = () => ((load(from) as unknown)! ? 1 : 2); return f();'),
      errors: [{ messageId: 'condition' }],
    },
  ],
});

const IMPORTED = `import { type Lazy, pipeline } from 'headrace';
import { load, split } from './steps.ts';`;

testRule('no-lazy-condition', noLazyCondition, 'types', {
  valid: [
    {
      name: 'a Lazy that may be undefined may be a condition',
      code: inLogic(
        'const find = (maybe: Lazy<number> | undefined) => (maybe ? 1 : 2); return find(undefined);',
        IMPORTED,
      ),
    },
    {
      name: 'an awaited imported component may be a condition',
      code: inLogic("if (await load('a')) return 1; return 2;", IMPORTED),
    },
    {
      name: 'a promise is not a Lazy',
      code: inLogic('const f = (p: Promise<number>) => (p ? 1 : 2); return f;', IMPORTED),
    },
  ],
  invalid: [
    {
      name: 'calls of imported components are reported by their types',
      code: inLogic(
        "const f = (from: string) => [load(from) ? 1 : 2, !split([1]), [1].map(() => load('b'))[0]! ? 1 : 2]; return f('a');",
        IMPORTED,
      ),
      errors: [{ messageId: 'condition' }, { messageId: 'negated' }, { messageId: 'condition' }],
    },
  ],
});

testRule('no-lazy-operand', noLazyOperand, 'types', {
  valid: [
    {
      name: 'several return values of an imported component may be read as a list',
      code: inLogic(
        'const both = split([1]); const [a] = both; return [...both, both.length, a];',
        IMPORTED,
      ),
    },
  ],
  invalid: [
    {
      name: 'a property of a call of an imported component is reported by its type',
      code: inLogic("const f = () => load('a').length; return f();", IMPORTED),
      errors: [{ messageId: 'member' }],
    },
  ],
});
