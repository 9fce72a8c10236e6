/**
 * The fields for a value, by its type.
 *
 * @module
 */
import type { ReactNode } from 'react';
import type { ParameterType } from '../../../../src/model/code.ts';
import { typeText } from '../../../../src/model/parameter-types.ts';
import { ABSENT, type Draft, editorOf, type Literal, newDraft } from '../../forms/drafts.ts';
import { Button } from '../../ui/button.tsx';

interface EditorProps {
  /** The id of the first input, which a label names. */
  readonly id: string;
  /** The accessible name of inputs inside of the value. */
  readonly label: string;
  readonly type: ParameterType;
  readonly draft: Draft;
  readonly depth?: number;
  readonly isInvalid: boolean;
  /** Ids of the texts that describe the input. */
  readonly describedBy?: string | undefined;
  readonly onChange: (draft: Draft) => void;
}

const INPUT = 'field w-full py-1 aria-invalid:border-failed disabled:opacity-50';

/** A value that is not set has no fields; `FieldRow` offers to set it. */
export function DraftEditor(props: EditorProps): ReactNode {
  const { draft, type, depth = 0 } = props;
  if (draft.kind === 'json') return <JsonInput {...props} />;
  const editor = editorOf(type, depth);
  switch (editor.kind) {
    case 'text':
      return <TextInput {...props} />;
    case 'number':
      return <NumberInput {...props} />;
    case 'boolean':
      return <ChoiceInput {...props} options={[true, false]} />;
    case 'choice':
      return <ChoiceInput {...props} options={editor.options} />;
    case 'nullable':
      return <NullableInput {...props} inner={editor.of} />;
    case 'list':
      return <ListInput {...props} item={editor.of} />;
    case 'object':
      return <ObjectInput {...props} properties={editor.properties} />;
    case 'json':
      return <JsonInput {...props} />;
    case 'none':
      return <p className="text-muted">{typeText(type)}</p>;
  }
}

/** The name, the state and the description of the input of a value. */
const ariaOf = ({ label, isInvalid, describedBy }: EditorProps) => ({
  'aria-label': label,
  'aria-invalid': isInvalid,
  'aria-describedby': describedBy,
});

const textIn = (draft: Draft): string => ('text' in draft ? draft.text : '');

function TextInput(props: EditorProps): ReactNode {
  const text = textIn(props.draft);
  // A text with line breaks would lose them in an input of one line.
  const rows = text.includes('\n') ? Math.min(12, text.split('\n').length + 1) : 1;
  return (
    <textarea
      id={props.id}
      {...ariaOf(props)}
      className={`${INPUT} resize-y`}
      rows={rows}
      spellCheck={false}
      value={text}
      onChange={(event) => props.onChange({ kind: 'text', text: event.target.value })}
    />
  );
}

function NumberInput(props: EditorProps): ReactNode {
  return (
    <input
      id={props.id}
      {...ariaOf(props)}
      className={`${INPUT} max-w-56 font-mono`}
      inputMode="decimal"
      autoComplete="off"
      value={textIn(props.draft)}
      onChange={(event) => props.onChange({ kind: 'number', text: event.target.value })}
    />
  );
}

function JsonInput(props: EditorProps): ReactNode {
  const text = textIn(props.draft);
  return (
    <textarea
      id={props.id}
      {...ariaOf(props)}
      className={`${INPUT} resize-y font-mono`}
      rows={Math.min(16, Math.max(2, text.split('\n').length))}
      spellCheck={false}
      placeholder="JSON"
      value={text}
      onChange={(event) => props.onChange({ kind: 'json', text: event.target.value })}
    />
  );
}

/** More options than this are a list to choose from. */
const MAX_RADIOS = 5;

function ChoiceInput(props: EditorProps & { readonly options: readonly Literal[] }): ReactNode {
  const { id, draft, options, onChange } = props;
  const chosen = draft.kind === 'literal' ? options.indexOf(draft.value) : -1;
  const choose = (index: number) => {
    const value = options[index];
    if (value !== undefined) onChange({ kind: 'literal', value });
  };
  if (options.length > MAX_RADIOS)
    return (
      <select
        id={props.id}
        {...ariaOf(props)}
        className={`${INPUT} max-w-56`}
        value={chosen}
        onChange={(event) => choose(Number(event.target.value))}
      >
        {chosen < 0 && <option value={-1}>Choose a value</option>}
        {options.map((option, index) => (
          <option key={`${typeof option} ${option}`} value={index}>
            {String(option)}
          </option>
        ))}
      </select>
    );
  return (
    <div role="radiogroup" {...ariaOf(props)} className="flex flex-wrap gap-x-4 gap-y-1 py-1">
      {options.map((option, index) => (
        <label key={`${typeof option} ${option}`} className="inline-flex items-center gap-1.5">
          <input
            id={index === 0 ? id : undefined}
            type="radio"
            name={id}
            checked={index === chosen}
            onChange={() => choose(index)}
          />
          {String(option)}
        </label>
      ))}
    </div>
  );
}

function NullableInput({
  inner,
  ...props
}: EditorProps & { readonly inner: ParameterType }): ReactNode {
  const { id, label, draft, depth = 0, onChange } = props;
  const isNull = draft.kind === 'null';
  return (
    <div className="flex items-start gap-3">
      {!isNull && (
        <div className="min-w-0 grow">
          <DraftEditor {...props} type={inner} />
        </div>
      )}
      <label className="inline-flex items-center gap-1.5 py-1">
        <input
          id={isNull ? id : undefined}
          type="checkbox"
          aria-label={`${label} is null`}
          checked={isNull}
          onChange={(event) =>
            onChange(event.target.checked ? { kind: 'null' } : newDraft(inner, depth))
          }
        />
        null
      </label>
    </div>
  );
}

function ListInput({ item, ...props }: EditorProps & { readonly item: ParameterType }): ReactNode {
  const { id, label, draft, depth = 0, isInvalid, describedBy, onChange } = props;
  const items = draft.kind === 'list' ? draft.items : [];
  const replace = (index: number, ...drafts: readonly Draft[]) =>
    onChange({ kind: 'list', items: items.toSpliced(index, 1, ...drafts) });
  return (
    <fieldset aria-label={label} aria-describedby={describedBy} className="min-w-0 space-y-1">
      {items.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity but their position
        <div key={index} className="flex items-start gap-2">
          <div className="min-w-0 grow">
            <DraftEditor
              id={`${id}.${index}`}
              label={`${label}, item ${index + 1}`}
              type={item}
              draft={each}
              depth={depth + 1}
              isInvalid={isInvalid}
              onChange={(changed) => replace(index, changed)}
            />
          </div>
          <Button
            kind="quiet"
            aria-label={`Remove item ${index + 1} of ${label}`}
            onClick={() => replace(index)}
          >
            ×
          </Button>
        </div>
      ))}
      <Button
        aria-label={`Add an item to ${label}`}
        onClick={() => onChange({ kind: 'list', items: [...items, newDraft(item, depth + 1)] })}
      >
        + item
      </Button>
    </fieldset>
  );
}

type Properties = Extract<ParameterType, { kind: 'object' }>['properties'];

function ObjectInput({
  properties,
  ...props
}: EditorProps & { readonly properties: Properties }): ReactNode {
  const { id, label, draft, depth = 0, isInvalid, describedBy, onChange } = props;
  const drafts = draft.kind === 'object' ? draft.properties : {};
  const set = (name: string, changed: Draft) =>
    onChange({ kind: 'object', properties: { ...drafts, [name]: changed } });
  return (
    <fieldset
      aria-label={label}
      aria-describedby={describedBy}
      className="grid min-w-0 grid-cols-[max-content_1fr_max-content] items-start gap-x-3 gap-y-1 border-l border-line pl-3"
    >
      {properties.map(({ name, optional, type }) => {
        const each = drafts[name] ?? ABSENT;
        const inputId = `${id}.${name}`;
        return (
          <div key={name} className="col-span-3 grid grid-cols-subgrid items-start">
            <label htmlFor={inputId} className="break-words py-1 font-mono">
              {name}
            </label>
            {each.kind === 'absent' ? (
              <Button
                id={inputId}
                kind="quiet"
                onClick={() => set(name, newDraft(type, depth + 1))}
              >
                not set · set
              </Button>
            ) : (
              <DraftEditor
                id={inputId}
                label={`${label}.${name}`}
                type={type}
                draft={each}
                depth={depth + 1}
                isInvalid={isInvalid}
                onChange={(changed) => set(name, changed)}
              />
            )}
            {optional && each.kind !== 'absent' ? (
              <Button
                kind="quiet"
                aria-label={`Leave out ${label}.${name}`}
                onClick={() => set(name, ABSENT)}
              >
                ×
              </Button>
            ) : (
              <span />
            )}
          </div>
        );
      })}
    </fieldset>
  );
}
