// node look.mjs GALLERY [SHOTS]: opens every page of a gallery, light and dark, at three widths. Reports what axe-core finds
// serious, what the content security policy refused, script errors, and pages wider than the window; takes screenshots.
// Themes differ in colours alone and the middle width in its layout alone: axe asks all its rules of the light pages, in the dark
// only whether there is contrast, and nothing in the middle. Both themes are looked at side by side.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { serve } from './server.mjs';

const [gallery, shots, only] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const paths = readFileSync(join(gallery, 'pages.txt'), 'utf8').trimEnd().split('\n').filter((path) => !only || path.match(only));
const { origin, close } = await serve(gallery);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

let problems = 0;
const report = (where, what) => { problems += 1; console.log(`${where}: ${what}`); };
if (shots) mkdirSync(shots, { recursive: true });

const rules = { light: {}, dark: { runOnly: ['color-contrast'] } };

async function look(colorScheme) {
  for (const width of [1440, 768, 390]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await context.newPage();
    let where = '';
    page.on('console', (message) => {
      if (message.type() === 'error') report(where, message.text());
    });
    page.on('pageerror', (error) => report(where, error.message));
    for (const path of paths) {
      where = `/${path} ${colorScheme} ${width}`;
      await page.goto(`${origin}/${path}`, { waitUntil: 'load' });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) report(where, `${wide} px wider than the window`);
      for (const { id, impact, nodes } of width === 768 ? [] : await violations(page, rules[colorScheme])) {
        report(where, `${impact} ${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 140)} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
      }
      if (shots) await page.screenshot({ path: join(shots, `${path.replaceAll('/', '_') || 'index'}-${colorScheme}-${width}.png`), fullPage: true });
    }
    await context.close();
  }
}

async function violations(page, options) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((options) => window.axe.run(options), options);
  return violations.filter((found) => ['serious', 'critical'].includes(found.impact));
}

await Promise.all([look('light'), look('dark')]);
await browser.close();
close();
console.log(problems ? `${problems} problems` : `${paths.length} pages, two themes, three widths: nothing found`);
process.exitCode = problems ? 1 : 0;
