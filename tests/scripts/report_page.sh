#!/usr/bin/env bash
# The report of gdd-eval in a real browser, without a window: it opens, says nothing on the console, has every section, and its
# tables sort. Prints what went wrong; exit 1 if anything, 77 where there is no browser, or none that starts. The page and its
# picture stay in build/report-page, to be looked at.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
  echo "needs chromium: scripts/setup.sh test"
  exit 77
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
look() {
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$scratch/profile" \
    --enable-logging=stderr "$@"
}
if ! look --dump-dom 'data:text/html,<p>alive</p>' 2>"$scratch/said" | grep -q alive; then
  echo "$browser does not start here: $(tail -n 1 "$scratch/said")"
  exit 77
fi

build/bin/gdd-eval --network all_ckpt/gdd-demo.pkl --ref all_ckpt/gdd-demo-ref.npz --ref-images all_ckpt/gdd-demo-ref-images.npz \
  --detector demo --metrics fid,is,pr --per-class --confidence --seeds 0-2099 --outdir "$scratch/out" >"$scratch/log" 2>&1 || {
  cat "$scratch/log"
  exit 1
}

# A copy that sorts its first table by value, twice, and the classes by FID, and tells the orders.
cp "$scratch/out/report.html" "$scratch/page.html"
cat >>"$scratch/page.html" <<'HTML'
<script>
const table = document.querySelector('table'), head = table.querySelectorAll('th')[1];
const names = () => [...table.tBodies[0].rows].map(row => row.cells[0].textContent).join(' ');
const told = document.createElement('p');
for (let click = 0; click < 2; ++click) { head.click(); told.textContent += 'sorted: ' + names() + '; '; }
const classes = [...document.querySelectorAll('h2')].find(each => each.textContent === 'Classes').parentElement.querySelector('table');
const heads = [...classes.querySelectorAll('th')], column = heads.findIndex(each => each.textContent === 'fid');
heads[column].click();
told.textContent += 'classes: ' + [...classes.tBodies[0].rows].map(row => row.cells[column].dataset.value).join(' ') + ';';
document.body.append(told);
</script>
HTML
look --dump-dom "file://$scratch/page.html" >"$scratch/dom" 2>"$scratch/said"
look --screenshot="$scratch/shot.png" --window-size=1000,5000 "file://$scratch/out/report.html" >/dev/null 2>>"$scratch/said"

failed=0
wrong() {
  echo "report page: $*"
  failed=1
}
if grep CONSOLE "$scratch/said"; then wrong "the console is not silent"; fi
for part in '<h2>Scores</h2>' '<h2>The first images</h2>' '<h2>Classes</h2>' '<h2>Against the number of images</h2>' \
  '<h2>Without each block of images</h2>' '<h2>The least realistic</h2>' '<h2>The most realistic</h2>' '<h2>Nearest to a reference</h2>' \
  '<h2>Nearest to each other</h2>' '<h2>Samples and references on a plane</h2>' 'inception_score, protocol' '<h2>Where it comes from</h2>' \
  '<h2>To repeat it</h2>' '<svg' 'src="data:image/png;base64,' 'demo features, not comparable'; do
  grep -qF -- "$part" "$scratch/dom" || wrong "no $part"
done
python3 - "$scratch" <<'PYTHON' || failed=1
import os, re, struct, sys
folder = sys.argv[1]
dom = open(f'{folder}/dom', encoding='utf-8').read()
orders = re.findall(r'sorted: ([a-z_ ]+); ', dom)
values = {name: float(value) for name, value in re.findall(r'<tr><td>([a-z_]+)</td><td class="number" data-value="([^"]+)"', dom)}
rising = ' '.join(sorted(values, key=values.get))
falling = ' '.join(sorted(values, key=values.get, reverse=True))
if len(values) != 4 or orders != [rising, falling]:
    sys.exit(f'report page: expected {[rising, falling]}, found {orders}')
classes = [float(value) for value in re.search(r'classes: ([-0-9.e ]+);', dom).group(1).split()]
if len(classes) != 10 or classes != sorted(classes):
    sys.exit(f'report page: expected ten classes sorted by fid, found {classes}')
if len(re.findall('<figure>', dom)) < 100:
    sys.exit('report page: pictures are missing')
size = os.path.getsize(f'{folder}/out/report.html')
if size > 3_000_000:
    sys.exit(f'report page: {size} bytes, more than 3 MB')
width, height = struct.unpack('>II', open(f'{folder}/shot.png', 'rb').read()[16:24])
if (width, height) != (1000, 5000):
    sys.exit(f'report page: a screenshot of {width}x{height}')
PYTHON
rm -rf build/report-page
mkdir -p build/report-page
cp "$scratch/out/report.html" "$scratch/shot.png" build/report-page/
exit "$failed"
