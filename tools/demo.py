"""``make demo``, ``make demo-slider``: train a small model on drawn images, show the result."""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(title: str, *command: str | Path) -> None:
    """Run one step with this Python; stop if it fails."""
    command = tuple(map(str, command))
    print(f'\n== {title}\n$ python {" ".join(command)}', flush=True)
    done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def train(config: str, work_dir: Path) -> Path:
    """Train, or go on where an earlier run stopped; returns the best checkpoint."""
    run('train', 'tools/train.py', config, '--work-dir', work_dir, '--resume')
    checkpoints = (ROOT / work_dir).rglob('best_*.pth')
    return max(checkpoints, key=lambda path: path.stat().st_mtime).relative_to(ROOT)


def demo_faces() -> str:
    """PFLD-GhostOne on drawn faces."""
    config, work_dir = 'configs/pfld_ghostone_synthetic.py', Path('work_dirs/demo')
    run('draw faces', '-m', 'pfld_mm.synth.faces', 'data/synthetic_faces', '--workers', '2')
    checkpoint = train(config, work_dir)
    run('measure', 'tools/test.py', config, checkpoint, '--work-dir', work_dir, '--deploy')
    report = ROOT / work_dir / 'report'
    figures = json.loads((report / 'face_nme.json').read_text(encoding='utf-8'))['figures']
    return (
        f'NME {100 * figures["NME"]:.2f} % on {figures["faces"]} faces it has not seen.\n'
        f'Look at {report / "faces.jpg"} (true points green, predicted red) '
        f'and {report / "curve.png"}'
    )


def demo_slider() -> str:
    """Lite-HRNet-18 on drawn slider puzzles, made while it trains."""
    config, work_dir = 'configs/litehrnet18_synthetic.py', Path('work_dirs/demo_slider')
    checkpoint = train(config, work_dir)
    metrics = work_dir / 'metrics.json'
    run('measure', 'tools/test.py', config, checkpoint, '--work-dir', work_dir, '--out', metrics)
    sheet = work_dir / 'puzzles.png'
    run('draw', 'tools/draw_slider.py', config, checkpoint, sheet, '--spread')
    figures = json.loads((ROOT / metrics).read_text(encoding='utf-8'))
    hits = 100 * figures['slider/gap/hit@5']
    return (
        f'{hits:.1f} % of the gaps found within 5 px on puzzles it has not seen.\n'
        f'Look at {ROOT / sheet}: from the worst answer to the best, true centers green, '
        'predicted red'
    )


DEMOS = dict(faces=demo_faces, slider=demo_slider)


def main() -> None:
    """Run a demo; a second run goes on where the first one stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('what', nargs='?', choices=DEMOS, default='faces')
    start = time.monotonic()
    result = DEMOS[parser.parse_args().what]()
    print(f'\n{result}\n({(time.monotonic() - start) / 60:.1f} minutes)')


if __name__ == '__main__':
    main()
