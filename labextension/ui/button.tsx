/**
 * A button that says why it can't be used, where it can't.
 */
import type { LabIcon } from '@jupyterlab/ui-components';
import type { ReactNode } from 'react';

export interface IButtonProps {
  readonly label: string;
  readonly onClick: () => void;
  readonly icon?: LabIcon;
  /** Why it can't be used now; "" or undefined where it can. */
  readonly reason?: string;
  /** What it does, in a sentence, where the label isn't enough. */
  readonly caption?: string;
  readonly kind?: 'plain' | 'accept' | 'warn' | 'icon';
  readonly pressed?: boolean;
  readonly children?: ReactNode;
}

/**
 * A real button. One that can't be used stays in the tab order (`aria-disabled`), so that keyboard and screen reader users
 * reach the reason too.
 */
export function Button(props: IButtonProps): JSX.Element {
  const { label, icon, reason, caption, kind = 'plain', pressed, children } = props;
  const title = reason || caption || (kind === 'icon' ? label : undefined);
  return (
    <button
      type="button"
      className={`jp-RokButton jp-mod-${kind}`}
      aria-label={reason ? `${label}. ${reason}` : label}
      aria-disabled={reason ? true : undefined}
      aria-pressed={pressed}
      title={title}
      onClick={event => {
        event.stopPropagation();
        if (!reason) {
          props.onClick();
        }
      }}
    >
      {icon && <icon.react tag="span" className="jp-RokButton-icon" />}
      {kind !== 'icon' && (children ?? label)}
    </button>
  );
}
