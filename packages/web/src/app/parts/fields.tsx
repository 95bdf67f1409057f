// Fields of a form with their labels.
interface NumberProps {
  readonly label: string;
  /** As it is typed. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly min: number;
  /** Any number rather than whole ones. */
  readonly fraction?: boolean;
  /** What stands where nothing is typed; without it something has to be. */
  readonly placeholder?: string;
}

export function NumberField({ label, value, onChange, min, fraction = false, placeholder }: NumberProps) {
  return (
    <label>
      {label}
      <input
        type="number"
        min={min}
        step={fraction ? 'any' : 1}
        required={placeholder === undefined}
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly options: readonly { readonly value: T; readonly text: string }[];
}

export function SelectField<T extends string>({ label, value, onChange, options }: SelectProps<T>) {
  return (
    <label>
      {label}
      {/* What is chosen is one of the options. */}
      <select value={value} onChange={(event) => onChange(event.target.value as T)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function CheckField({ label, checked, onChange }: CheckProps) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}

/** What an address asks for, where it can be chosen. */
export const askedFor = <T extends string>(
  choices: readonly { readonly value: T }[],
  asked: string | undefined,
  otherwise: T,
): T => choices.find(({ value }) => value === asked)?.value ?? otherwise;
