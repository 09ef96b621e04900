"""How cost grows with the number of rows: seconds and peak memory of FID, IS and P/R of stored features, and a plot."""
import math
import os

from measure import run

ROWS = 1000, 5000, 10000, 50000
COLOURS = {'FID': '#1b6ca8', 'IS': '#c2571a', 'P/R': '#3a7d44'}


def measure_growth(claims):
    """One run each, files in the page cache. Returns [{score, rows, seconds, peak_mb}] and writes growth.svg."""
    points = []
    for rows in ROWS:
        rows = claims.size(rows)
        a, b = claims.features(rows, 1), claims.features(rows, 2)
        for score, program, arguments in (('FID', 'gdd-fid', ['calc', '--images', a, '--ref', b]), ('IS', 'gdd-is', ['--images', f'{a}:probabilities']),
                                          ('P/R', 'gdd-pr', ['--images', a, '--ref', b])):
            seconds, peak, _, _ = run(claims.program(program, *arguments, *claims.compute), claims.args.threads)
            points.append({'score': score, 'rows': rows, 'seconds': seconds, 'peak_mb': peak})
        if rows > 10000:  # 0.6 GB each
            os.remove(a)
            os.remove(b)
    with open(claims.path('growth.svg'), 'w') as f:
        f.write(draw(points))
    return points


def draw(points):
    """Two panels with logarithmic axes."""
    panels = panel(points, 'seconds', 'seconds', 0) + panel(points, 'peak_mb', 'peak memory, MB', 400)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="320" font-family="sans-serif" font-size="12">\n<rect width="800" height="320" fill="white"/>\n{panels}</svg>\n'


def panel(points, key, title, left):
    across, down = axis([p['rows'] for p in points], left + 60, left + 340), axis([p[key] for p in points], 260, 40)
    lines = [f'<text x="{left + 60}" y="24" font-weight="bold">{title}</text>', f'<text x="{left + 200}" y="300" text-anchor="middle">rows of each side</text>']
    for rows in sorted({p['rows'] for p in points}):
        lines.append(f'<text x="{across(rows):.1f}" y="280" text-anchor="middle">{rows:,}</text><path d="M{across(rows):.1f} 260V40" stroke="#ddd"/>')
    for mark in decades([p[key] for p in points]):
        lines.append(f'<text x="{left + 54}" y="{down(mark) + 4:.1f}" text-anchor="end">{mark:g}</text><path d="M{left + 60} {down(mark):.1f}H{left + 340}" stroke="#ddd"/>')
    for i, (score, colour) in enumerate(COLOURS.items()):
        places = [f'{across(p["rows"]):.1f},{down(p[key]):.1f}' for p in points if p['score'] == score]
        lines.append(f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.append(f'<text x="{left + 70}" y="{56 + 16 * i}" fill="{colour}">{score}</text>')
    return '\n'.join(lines) + '\n'


def decades(values):
    return [10.0**i for i in range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)]


def axis(values, start, end):
    """Value -> place: start and end are the places of the decades around the values."""
    marks = decades(values)
    low, high = math.log10(marks[0]), math.log10(max(marks[-1], 10 * marks[0]))
    return lambda value: start + (math.log10(value) - low) / (high - low) * (end - start)
