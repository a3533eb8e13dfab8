/**
 * Icons of a snapshot's origin and of what can be done with it; JupyterLab has no fitting ones.
 */
import { LabIcon } from '@jupyterlab/ui-components';

import type { OriginKind } from '../rest/values';

const draw = (name: string, body: string): LabIcon =>
  new LabIcon({
    name: `rok-jupyter:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">${body}</g></svg>`
  });

/** A camera: take a snapshot; also those taken by hand. */
export const cameraIcon = draw(
  'camera',
  `<path fill-rule="evenodd" d="M8 6l1.6-2.4h4.8L16 6h3.5A1.5 1.5 0 0 1 21 7.5v10a1.5 1.5 0 0 1-1.5 1.5h-15
  A1.5 1.5 0 0 1 3 17.5v-10A1.5 1.5 0 0 1 4.5 6zM12 8a4.3 4.3 0 1 0 0 8.6A4.3 4.3 0 0 0 12 8z
  M12 9.9a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8z"/>`
);

const clockIcon = draw(
  'clock',
  `<path fill-rule="evenodd" d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14z"/>
  <path d="M11 7.5v5.1l4.2 2.5.8-1.4-3.3-2V7.5z"/>`
);

const shieldIcon = draw(
  'shield',
  `<path fill-rule="evenodd" d="M12 2.5l7.5 3v5.7c0 4.6-3.1 8.5-7.5 10.3-4.4-1.8-7.5-5.7-7.5-10.3V5.5z
  M12 4.7L6.5 6.9v4.3c0 3.5 2.2 6.5 5.5 8.1 3.3-1.6 5.5-4.6 5.5-8.1V6.9z"/>
  <path d="M11 14.8l-2.7-2.7 1.2-1.2 1.5 1.5 3.7-3.7 1.2 1.2z"/>`
);

const stepIcon = draw(
  'step',
  `<path d="M3 4h7v6H3zM14 14h7v6h-7zM5.6 11.5h1.8v4.6h3V14l3.1 3-3.1 3v-2.1H5.6z"/>`
);

const cellIcon = draw('cell', `<path d="M4 4h5v2H6v12h3v2H4zM20 4h-5v2h3v12h-3v2h5zM11 8h2v8h-2z"/>`);

/** A pin: the snapshot stays for ever. */
export const pinIcon = draw(
  'pin',
  `<path d="M8 3h8v2h-1.2v5.2l2.7 3.3v1.7h-4.6V21L12 22.5 11.1 21v-5.8H6.5v-1.7l2.7-3.3V5H8z"/>`
);

/** A triangle with a mark: something wants attention. */
export const warningIcon = draw(
  'warning',
  `<path fill-rule="evenodd" d="M12 3L22 20.5H2zM11 10v5h2v-5zM11 16.5v2h2v-2z"/>`
);

/** Two sheets: compare. */
export const compareIcon = draw(
  'compare',
  `<path fill-rule="evenodd" d="M11 2h2v20h-2v-3H4V5h7zM6 7v10h5V7z"/>
  <path d="M15 5h5v14h-5v-2h3V7h-3z"/>`
);

/** An arrow back to a line: restore. */
export const restoreIcon = draw(
  'restore',
  `<path d="M12 4a8 8 0 1 1-7.7 10.2l1.9-.6A6 6 0 1 0 12 6c-1.7 0-3.2.7-4.3 1.8L10.5 10.5H3V3l3.3 3.3A8 8 0 0 1 12 4z"/>`
);

/** The icon of each origin. */
export const originIcons: Readonly<Record<OriginKind, LabIcon>> = {
  manual: cameraIcon,
  schedule: clockIcon,
  safety: shieldIcon,
  step: stepIcon,
  cell: cellIcon
};
