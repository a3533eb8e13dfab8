/**
 * One choice of the filters: all, or one of several.
 */
interface IFilterChoiceProps {
  /** What is chosen, for who can't see it. */
  readonly label: string;
  /** The words for no choice. */
  readonly all: string;
  readonly value: string | undefined;
  /** Values with their words. */
  readonly options: readonly (readonly [string, string])[];
  readonly onChoose: (value: string) => void;
}

export function FilterChoice(props: IFilterChoiceProps): JSX.Element {
  const { label, all, value, options, onChoose } = props;
  return (
    <select
      className="jp-RokFilter-select"
      aria-label={label}
      title={label}
      value={value ?? ''}
      onChange={event => onChoose(event.target.value)}
    >
      <option value="">{all}</option>
      {options.map(([key, words]) => (
        <option key={key} value={key}>
          {words}
        </option>
      ))}
    </select>
  );
}

/** Options whose words are their values. */
export function plainOptions(values: readonly string[]): [string, string][] {
  return values.map(value => [value, value]);
}
