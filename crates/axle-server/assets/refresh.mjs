// Called by refresh.sh inside a folder with node_modules: copies or bundles each vendored file and records it.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const assets = process.argv[2];
const modules = (path) => readFileSync(join('node_modules', path), 'utf8');
const manifest = (name) => JSON.parse(modules(`${name}/package.json`));

// Every icon a template may name. A test fails when one is used that is not here.
const ICONS = `alert-triangle arrow-down arrow-down-right arrow-right arrow-up arrow-up-right award books briefcase
building calendar chart-line check chevron-down chevron-right circle-check circle-dashed clock code columns copy database
dots download external-link file-import filter heart-handshake help-circle home info-circle keyboard link logout
message-circle message-question minus moon notes plus refresh robot scale search settings sun table trash upload user
user-plus users world x zzz`.split(/\s+/);

// Only what Axle draws: lines and bars with a grid, legend and tooltip, as SVG.
const CHARTS = `
import * as echarts from 'echarts/core';
import { LineChart, BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
echarts.use([LineChart, BarChart, GridComponent, LegendComponent, TooltipComponent, LabelLayout, SVGRenderer]);
window.echarts = echarts;`;

function sprite() {
  const symbols = ICONS.map((name) => {
    const svg = modules(`@tabler/icons/icons/outline/${name}.svg`);
    const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '').replace(/\s*\n\s*/g, '');
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" `
      + `stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`;
}

async function charts() {
  const result = await build({
    stdin: { contents: CHARTS, resolveDir: process.cwd() },
    bundle: true, minify: true, format: 'iife', target: 'es2022', write: false, legalComments: 'none',
  });
  const banner = `/* Apache ECharts ${manifest('echarts').version}, Apache-2.0, (c) The Apache Software Foundation; `
    + 'a bundle of its line and bar charts with the SVG renderer. zrender: BSD-3-Clause. */\n';
  return banner + result.outputFiles[0].text;
}

const withoutMap = (text) => text.replace(/\n?\/[*/]# sourceMappingURL=.*$/s, '\n');

const files = [
  ['tabler.min.css', '@tabler/core', withoutMap(modules('@tabler/core/dist/css/tabler.min.css'))],
  ['tabler.min.js', '@tabler/core', withoutMap(modules('@tabler/core/dist/js/tabler.min.js'))],
  ['icons.svg', '@tabler/icons', sprite()],
  ['htmx.min.js', 'htmx.org', modules('htmx.org/dist/htmx.min.js')],
  ['echarts.min.js', 'echarts', await charts()],
];

let versions = '# Written by refresh.sh. Third-party files of this folder: where each is from and what it must hash to.\n';
for (const [name, source, text] of files) {
  writeFileSync(join(assets, name), text);
  const { version, license } = manifest(source);
  const sha256 = createHash('sha256').update(text).digest('hex');
  versions += `\n[[file]]\nname = "${name}"\npackage = "${source}"\nversion = "${version}"\n`
    + `licence = "${license}"\nsha256 = "${sha256}"\n`;
}
writeFileSync(join(assets, 'VERSIONS.toml'), versions);
