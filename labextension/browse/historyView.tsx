/**
 * The versions of one file, newest first.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { useEffect, useState } from 'react';

import type { SnapshotList } from '../model/snapshotList';
import { decodeName, formatVolumePath, type IVolumePath } from '../rest/names';
import type { Snapshot } from '../rest/values';
import { CommandIDs } from '../tokens';
import { formatBytes, formatDateTime, shortId } from '../ui/format';
import { EmptyNotice, ErrorNotice } from '../ui/notice';
import { RowList } from '../ui/rowList';
import { type IMenuEntry, openMenu } from '../ui/rowMenu';
import { useSignals } from '../ui/useSignal';
import type { VersionSizes } from './versionSizes';

/** The height of a version, in pixels: its time and its message. */
const LINE = 42;

export interface IHistoryViewProps {
  readonly at: IVolumePath;
  readonly versions: SnapshotList;
  readonly sizes: VersionSizes;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

/** Draws the versions of a file. */
export function HistoryView({ at, versions, sizes, commands, trans }: IHistoryViewProps): JSX.Element {
  useSignals(versions.changed);
  const address = decodeName(formatVolumePath(at));
  const open = (version: Snapshot): void => {
    void commands.execute(CommandIDs.openFile, { snapshot: version.id, volume: at.volume, path: at.path });
  };
  if (versions.error) {
    return <ErrorNotice error={versions.error} trans={trans} onRetry={() => void versions.refresh()} />;
  }
  if (versions.loaded && !versions.loading && versions.items.length === 0) {
    return (
      <EmptyNotice title={trans.__('No snapshot holds “%1”.', address)}>
        <p>{trans.__('Take a snapshot, and its first version is kept.')}</p>
      </EmptyNotice>
    );
  }
  return (
    <div className="jp-RokBrowse">
      <p className="jp-RokHistory-path" title={address}>
        {address}
      </p>
      <RowList
        label={trans.__('Versions of %1', address)}
        items={versions.items}
        trans={trans}
        rowHeight={LINE}
        keyOf={version => version.id}
        nameOf={version => formatDateTime(version.created)}
        draw={version => <VersionCells version={version} sizes={sizes} trans={trans} />}
        onOpen={open}
        onMenu={(version, point, done) =>
          openMenu(commands, versionMenu(at, versions.items, version), point, done)
        }
        hasMore={versions.hasMore}
        onMore={() => void versions.loadMore()}
        takesFocus
      />
      <div className="jp-RokBrowse-footer" role="status">
        {versions.loading
          ? trans.__('Loading…')
          : versions.hasMore
            ? trans.__('%1 versions and more', versions.items.length)
            : trans._n('%1 version', '%1 versions', versions.items.length)}
      </div>
    </div>
  );
}

/** What can be done with a version; the previous one is the next older in the list. */
export function versionMenu(
  at: IVolumePath,
  versions: readonly Snapshot[],
  version: Snapshot
): readonly IMenuEntry[] {
  const path = formatVolumePath(at);
  const snapshot = version.id;
  const previous = versions[versions.indexOf(version) + 1];
  const file = { snapshot, volume: at.volume, path: at.path };
  const compare = CommandIDs.compareSnapshots;
  return [
    { command: CommandIDs.openFile, args: file },
    { command: compare, args: { before: snapshot, after: 'live', path } },
    ...(previous ? [{ command: compare, args: { before: previous.id, after: snapshot, path } }] : []),
    { command: CommandIDs.restoreSnapshot, args: { snapshot, paths: [path] } },
    { command: CommandIDs.copyBack, args: { snapshot, paths: [path] } },
    { command: CommandIDs.downloadFile, args: file }
  ];
}

function VersionCells(props: {
  version: Snapshot;
  sizes: VersionSizes;
  trans: TranslationBundle;
}): JSX.Element {
  const { version, sizes, trans } = props;
  const [size, setSize] = useState<number>();
  useEffect(() => {
    let gone = false;
    void sizes.of(version.id).then(known => !gone && setSize(known));
    return () => {
      gone = true;
    };
  }, [sizes, version.id]);
  const message = version.message || trans.__('Snapshot %1', shortId(version.id));
  return (
    <>
      <span role="gridcell" className="jp-RokChange-name" title={message}>
        <span className="jp-RokBrowse-text">{formatDateTime(version.created)}</span>
        <span className="jp-RokChange-folder">{message}</span>
      </span>
      <span role="gridcell" className="jp-RokBrowse-size">
        {size === undefined ? '' : formatBytes(size)}
      </span>
    </>
  );
}
