/**
 * What stands above a document out of a snapshot: which snapshot it is, and what can be done with the file.
 */
import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { useEffect, useState } from 'react';

import { asRokError, type RokError } from '../rest/error';
import { formatVolumePath } from '../rest/names';
import type { Snapshot } from '../rest/values';
import { CommandIDs } from '../tokens';
import { Button } from '../ui/button';
import { formatDateTime } from '../ui/format';
import type { IStoredPath } from './address';

interface IBannerProps {
  readonly at: IStoredPath;
  readonly known: Promise<Snapshot>;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

/** Make the banner of a file. */
export function makeBanner(
  at: IStoredPath,
  known: Promise<Snapshot>,
  { commands, trans }: { commands: CommandRegistry; trans: TranslationBundle }
): ReactWidget {
  const widget = ReactWidget.create(<Banner at={at} known={known} commands={commands} trans={trans} />);
  widget.addClass('jp-RokBanner');
  return widget;
}

function Banner({ at, known, commands, trans }: IBannerProps): JSX.Element {
  const [snapshot, setSnapshot] = useState<Snapshot>();
  const [error, setError] = useState<RokError>();
  useEffect(() => {
    known.then(setSnapshot, reason => setError(asRokError(reason)));
  }, [known]);
  const address = formatVolumePath(at);
  const run = (command: string, args: Record<string, unknown>): void => {
    void commands.execute(command, args as never);
  };
  const when = snapshot ? formatDateTime(snapshot.created) : '…';
  const words = error ? error.message : trans.__('Snapshot of %1, read-only', when);
  return (
    <div className="jp-RokBanner-row" role="region" aria-label={trans.__('Snapshot')}>
      <span className="jp-RokBanner-words" title={snapshot?.message}>
        {words}
        {snapshot?.message ? `: ${snapshot.message}` : ''}
      </span>
      <Button
        label={trans.__('Restore…')}
        caption={trans.__('Put the file back as it was then; you see first what would change')}
        onClick={() => run(CommandIDs.restoreSnapshot, { snapshot: at.snapshot, paths: [address] })}
      />
      <Button
        label={trans.__('Copy Back')}
        caption={trans.__('Put a copy next to the original, under a new name')}
        onClick={() => run(CommandIDs.copyBack, { snapshot: at.snapshot, paths: [address] })}
      />
      <Button
        label={trans.__('Compare with Now')}
        onClick={() =>
          run(CommandIDs.compareSnapshots, { before: at.snapshot, after: 'live', path: address })
        }
      />
    </div>
  );
}
