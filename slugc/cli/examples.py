"""What `--help` of a command shows below its options: lines that can be typed as they stand."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "build": (
        "slugc build . -o app.slug",
        "slugc build ./repo#v1.2 -b node -b ./my-buildpack -e LOG=debug",
        "slugc build . --app shop --github -o shop.slug",
    ),
    "why": ("slugc why .", "slugc why . --app shop --json"),
    "detect": ("slugc detect . --all", "slugc detect apps/* -b ./my-buildpack --explain"),
    "cache export": ("slugc cache export ../build-cache.tar.zst --app shop",),
    "cache import": ("slugc cache import ../build-cache.tar.zst --app shop",),
    "buildpacks inspect": ("slugc buildpacks inspect python", "slugc buildpacks inspect https://host/pack.git#v2"),
    "buildpacks test": ("slugc buildpacks test my-pack/tests -b ./my-pack",),
    "inspect": ("slugc inspect app.slug", "slugc inspect app.slug --json"),
    "ls": ("slugc ls -l app.slug",),
    "cat": ("slugc cat app.slug Procfile",),
    "extract": ("slugc extract app.slug folder",),
    "verify": ("slugc verify app.slug", "slugc verify app.slug --rebuild ."),
    "export": ("slugc export app.slug --format heroku --stack heroku-24 -o out",),
    "gc": ("slugc gc --budget 5G",),
    "run": (
        "slugc run app.slug -- python -m pytest",
        "slugc run app.slug 'echo $DYNO'",
        "slugc run -- bash",
        "slugc run --app shop --detach rake report",
    ),
    "start": (
        "slugc start .",
        "slugc start app.slug -p 8123 -m web=2,worker=1 -e LOG=debug",
        "slugc start release.json",
    ),
    "release": ("slugc release app.slug -e KEY=value -o release.json",),
    "platform start": ("slugc platform start --detach", "slugc platform start --port 8080 --tls-port 8443"),
    "apps create": ("slugc apps create shop",),
    "apps destroy": ("slugc apps destroy shop --confirm shop",),
    "deploy": ("slugc deploy", "slugc deploy ./shop --app shop -m 'Sell tea'", "slugc deploy app.slug --app shop"),
    "releases info": ("slugc releases info v3",),
    "releases export": ("slugc releases export v3 -o release.json",),
    "rollback": ("slugc rollback", "slugc rollback v3 --app shop"),
    "config get": ("slugc config get DATABASE_URL",),
    "config set": ("slugc config set GREETING='hello there' LOG=debug", "slugc config set --env-file .env"),
    "config unset": ("slugc config unset GREETING LOG",),
    "addons create": (
        "slugc addons create postgresql",
        "slugc addons create redis --as CACHE",
        "slugc addons create url:SMTP_URL=smtp://host",
    ),
    "addons attach": ("slugc addons attach shop::DATABASE --app other",),
    "addons destroy": ("slugc addons destroy DATABASE",),
    "ps scale": ("slugc ps scale web=2 worker+1", "slugc ps:scale web=2:standard-2x"),
    "ps restart": ("slugc ps restart web.1",),
    "ps stop": ("slugc ps stop run.4821",),
    "logs": ("slugc logs --tail", "slugc logs -n 1500 --ps web.1", "slugc logs --source heroku --json"),
    "drains add": ("slugc drains add syslog+tls://logs.example.com:6514",),
    "features enable": ("slugc features enable preboot",),
    "schedule add": (
        'slugc schedule add "every 10 minutes" -- rake refresh',
        'slugc schedule add "daily at 04:30" -- rake report',
    ),
    "stack create": ("slugc stack create debian-12 --suite bookworm",),
    "stack import": ("slugc stack import noble --run run.tar --build build.tar",),
}


def shown(path: str) -> str | None:
    """The examples of `path` (`config set`) as the end of a help page that is not wrapped; None without any."""
    lines = EXAMPLES.get(path)
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines))) if lines else None
