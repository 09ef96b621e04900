"""How the rows of claims.py are printed: columns, markdown, JSON."""
import json
import subprocess

from measure import ROOT, print_columns

COLUMNS = 'work', 'against', 'asked', 'measured', 'verdict', 'ours', 'other', 'of CPU time', 'peak, ours', 'other', 'note'


def commit():
    found = subprocess.run(['git', '-C', ROOT, 'describe', '--always', '--dirty'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return found.stdout.strip() or 'unknown'


def cells(row):
    """A row in words, one for each of COLUMNS."""
    ours, other, value = row.get('ours'), row.get('other'), row['measured']
    digits = {'x': '.2f', '%': '.3g'}.get(row['unit'])
    return (row['work'], row['against'], row['asked'], '' if value is None else f'{value:{digits}}{row["unit"]}', row['verdict'],
            *(f'{side["seconds"]:.2f} s' if side else '' for side in (ours, other)),
            f'{other["cpu_seconds"] / max(ours["cpu_seconds"], 1e-9):.2f}x' if ours and other else '',
            *(f'{side["peak_mb"]:.0f} MB' if side else '' for side in (ours, other)), row['note'] or '')


def markdown(rows):
    header, *body = rows
    lines = [header, ['---'] * len(header), *body]
    return ''.join('| ' + ' | '.join(cell.replace('|', '/').replace('\n', ' ') for cell in line) + ' |\n' for line in lines)


def report(claims, args):
    machine, tables = claims.machine(), [[COLUMNS, *map(cells, claims.rows)]] if claims.rows else []
    if claims.growth:
        tables.append([('score', 'rows', 'seconds', 'peak'), *((g['score'], str(g['rows']), f'{g["seconds"]:.2f} s', f'{g["peak_mb"]:.0f} MB') for g in claims.growth)])
    print('\n'.join(machine))
    for table in tables:
        print()
        print_columns(table)
    if args.markdown:
        with open(args.markdown, 'w') as f:
            f.write('\n'.join(machine) + '\n\n' + '\n'.join(map(markdown, tables)))
    if args.json:
        with open(args.json, 'w') as f:
            json.dump({'machine': machine, 'threads': args.threads, 'runs': args.runs, 'quick': args.quick, 'claims': claims.rows, 'growth': claims.growth}, f, indent=1)
