/**
 * Planted bugs of child runs.
 *
 * @module
 */
import { runIdSchema } from '../../src/model/ids.ts';
import { type PlantedBug, withMethods } from './planted-bug.ts';

export const CHILD_RUN_BUGS: readonly PlantedBug[] = [
  {
    name: 'a child run is not stopped with its step',
    rules: ['the child run of a step that was stopped is stopped'],
    plant: (ports, { runs }) => ({
      ...ports,
      transitions: withMethods(ports.transitions, {
        send: (transitions) =>
          ports.transitions.send(
            transitions.filter(
              ({ kind, run }) => kind !== 'run.abort' || runs.get(run)?.info.parent === undefined,
            ),
          ),
      }),
    }),
  },
  {
    name: 'a child run receives other arguments',
    rules: ['a child run has the arguments of its call'],
    plant: (ports) => ({
      ...ports,
      tasks: withMethods(ports.tasks, {
        createRun: (info, head) =>
          ports.tasks.createRun(
            info.parent === undefined ? info : { ...info, args: { ...info.args, a: 'other' } },
            head,
          ),
      }),
    }),
  },
  {
    name: 'a repeated launch creates a further child run',
    rules: ['a child run belongs to an attempt'],
    plant: (ports) => {
      let created = 0;
      return {
        ...ports,
        tasks: withMethods(ports.tasks, {
          createRun: async (info, head) => {
            const run = await ports.tasks.createRun(info, head);
            if (info.parent === undefined) return run;
            created += 1;
            const id = runIdSchema.parse(`${info.id.slice(0, 20)}${`${created}`.padStart(6, '0')}`);
            await ports.tasks.createRun({ ...info, id }, head);
            await ports.transitions.send([{ kind: 'run.created', run: id }]);
            return run;
          },
        }),
      };
    },
  },
  {
    name: 'a step receives the result of another run',
    rules: ['a step has the result of its child run'],
    plant: (ports) => ({
      ...ports,
      tasks: withMethods(ports.tasks, {
        run: async (id) => {
          const run = await ports.tasks.run(id);
          return run?.info.parent === undefined || run.head.result === null
            ? run
            : { ...run, head: { ...run.head, result: { format: 'json', text: '"another"' } } };
        },
      }),
    }),
  },
];
