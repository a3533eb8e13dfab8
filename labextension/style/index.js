import './base.css';
import './documents.css';
import './form.css';
import './activity.css';
import './volumes.css';
import './browse.css';
import './snapshots.css';
import './status.css';
