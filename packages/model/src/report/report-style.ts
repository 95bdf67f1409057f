// The look of the report: readable on screen, on paper and in the dark; no font, image or colour is fetched.
import { declarations } from './palette.ts';

const LIGHT = `--soft:#52606d;--line:#cbd2d9;--mark:#e3f1f7;--page:#fff;--link:#0b5c80;${declarations('light')}`;
const DARK = `--soft:#a6b0bb;--line:#3e4c59;--mark:#12394a;--page:#161b20;--link:#7cc7ea;${declarations('dark')}`;

export const REPORT_STYLE = `
html{color-scheme:light dark;${LIGHT}}
@media screen and (prefers-color-scheme:dark){html{${DARK}}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:72rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1rem}
h3{font-size:1rem;margin-top:2rem}
p{max-width:46rem}
dl{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:1rem 0}dt{color:var(--soft);font-size:.8rem}dd{margin:0;overflow-wrap:anywhere}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child{text-align:left}tr.marked{background:var(--mark)}
.interval{color:var(--soft)}
figure{margin:1rem 0}figure svg{max-width:100%;height:auto}
a{color:var(--link)}
figcaption,summary{font-size:.85rem;color:var(--soft)}
pre{overflow-x:auto;font-size:.85rem;border:1px solid var(--line);padding:.7rem}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.charts{display:flex;flex-wrap:wrap;gap:1rem}.charts figcaption{contain:inline-size}
@media print{main{max-width:none;padding:0}figure,table,dl{break-inside:avoid}h2,h3{break-after:avoid}.wide,pre{overflow:visible}pre{white-space:pre-wrap}table{font-size:.7rem}th,td{padding:.15rem .35rem;white-space:normal}}
`.trim();
