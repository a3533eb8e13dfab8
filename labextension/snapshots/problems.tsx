/**
 * The problems of a snapshot in full: what could not be stored, what changed meanwhile, what was left out.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { decodeName } from '../rest/names';
import type { Snapshot } from '../rest/values';
import { warnings } from './words';

/** How many lines a list shows before the rest is asked for. */
const SHOWN = 50;

interface ILine {
  readonly volume: string;
  readonly path: string;
  readonly words: string;
}

export function Problems(props: { snapshot: Snapshot; trans: TranslationBundle }): JSX.Element {
  const { snapshot, trans } = props;
  const told = (entries: Snapshot['errors']): ILine[] =>
    entries.map(({ volume, path, message }) => ({ volume, path, words: message }));
  const lines: Readonly<Record<string, readonly ILine[]>> = {
    error: told(snapshot.errors),
    changed: told(snapshot.changed_while_read)
  };
  const skipped = snapshot.skipped.map(({ volume, path, reason }) => ({ volume, path, words: reason }));
  return (
    <div className="jp-RokProblems">
      {warnings(snapshot, trans).map(warning => (
        <div key={warning.kind} className={`jp-RokProblems-group jp-mod-${warning.kind}`}>
          <div className="jp-RokProblems-title">{warning.sentence}</div>
          <Lines lines={lines[warning.kind] ?? []} trans={trans} />
        </div>
      ))}
      {skipped.length > 0 && (
        <details className="jp-RokProblems-group">
          <summary>{trans._n('%1 left out on purpose', '%1 left out on purpose', skipped.length)}</summary>
          <Lines lines={skipped} trans={trans} />
        </details>
      )}
    </div>
  );
}

function Lines(props: { lines: readonly ILine[]; trans: TranslationBundle }): JSX.Element | null {
  const { lines, trans } = props;
  if (lines.length === 0) {
    return null;
  }
  return (
    <ul className="jp-RokProblems-list">
      {lines.slice(0, SHOWN).map(line => (
        <li key={`${line.volume}:${line.path}`}>
          <code>{decodeName(line.path) || line.volume}</code> {line.words}
        </li>
      ))}
      {lines.length > SHOWN && (
        <li>{trans.__('… and %1 more; `rok show` lists them all.', lines.length - SHOWN)}</li>
      )}
    </ul>
  );
}
