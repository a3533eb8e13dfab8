/**
 * Icons of our own; all others are JupyterLab's.
 */
import { LabIcon } from '@jupyterlab/ui-components';

/** A clock that runs backwards: time travel. */
export const rokIcon = new LabIcon({
  name: 'rok-jupyter:rok',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M13 3a9 9 0 0 0-8.5 6H2l3.6 4.4L9.2 9H6.7A7 7 0 1 1 6 12.9H4A9 9 0 1 0 13 3z"/>
    <path d="M12 7v5.6l4.3 2.6.9-1.5-3.4-2V7z"/>
  </g></svg>`
});

/** Two sheets of which one has other lines: a comparison. */
export const diffIcon = new LabIcon({
  name: 'rok-jupyter:diff',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M3 4h8v16H3V4zm2 2v12h4V6H5z"/>
    <path d="M13 4h8v16h-8V4zm3 4v3h-2v2h2v3h2v-3h2v-2h-2V8h-2z"/>
  </g></svg>`
});
