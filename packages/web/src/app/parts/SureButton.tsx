// A button that asks once before it takes something away for good.
import { useEffect, useRef, useState } from 'react';

interface Props {
  /** What stands on it, and what it is called where that alone would not tell which. */
  readonly text: string;
  readonly name?: string;
  /** The same of the button that does it. */
  readonly sureText: string;
  readonly sureName?: string;
  /** What else goes with it. */
  readonly warning?: string;
  readonly disabled?: boolean;
  readonly onSure: () => void;
}

export function SureButton({ text, name, sureText, sureName, warning, disabled = false, onSure }: Props) {
  const [asking, setAsking] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const keep = useRef<HTMLButtonElement>(null);
  const before = useRef(asking);
  // The button that was pressed is gone: the harmless one of the two is next, and after it the first again.
  useEffect(() => {
    if (asking === before.current) return;
    before.current = asking;
    (asking ? keep : first).current?.focus();
  }, [asking]);
  if (!asking)
    return (
      <button ref={first} type="button" disabled={disabled} onClick={() => setAsking(true)} aria-label={name}>
        {text}
      </button>
    );
  return (
    <>
      {warning === undefined ? null : <span className="quiet">{warning}</span>}
      <button
        type="button"
        className="danger"
        disabled={disabled}
        onClick={() => {
          setAsking(false);
          onSure();
        }}
        aria-label={sureName}
      >
        {sureText}
      </button>
      <button ref={keep} type="button" onClick={() => setAsking(false)}>
        Keep
      </button>
    </>
  );
}
