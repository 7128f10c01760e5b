#!/usr/bin/env bash
# Reckons docs/capacity.md: the last table out of the first, by the formulae between them.
#
#   build/capacity.sh            writes it
#   build/capacity.sh --check    says whether it follows; exits with 1 when it does not
set -euo pipefail
cd "$(dirname "$0")/.."

readonly page=docs/capacity.md
written=$(mktemp)
trap 'rm -f "$written"' EXIT

awk -F ' *[|] *' '
  /^\| `[a-z_]+` \|/ { name = $2; gsub("`", "", name); given[name] = $3 }
  /^<!-- end -->/ { skipping = 0 }
  !skipping { print }
  /^<!-- written by/ { skipping = 1; table() }

  function value(name) {
    if (!(name in given)) { print "There is no " name "." > "/dev/stderr"; exit 1 }
    return given[name]
  }
  function up(number) { return number == int(number) ? number : int(number) + 1 }
  function most(a, b) { return a > b ? a : b }
  function least(a, b) { return a < b ? a : b }
  # Two digits that count at least, and blanks between thousands.
  function show(number,   text, groups) {
    text = number == int(number) || number >= 100 ? sprintf("%d", number + 0.5) : number >= 10 ? sprintf("%.0f", number) : number >= 1 ? sprintf("%.1f", number) : sprintf("%.2g", number)
    for (groups = ""; length(text) > 3 && text !~ /[.e]/; text = substr(text, 1, length(text) - 3)) groups = " " substr(text, length(text) - 2) groups
    return text groups
  }
  function line(name,   column) {
    printf "| %s |", name
    for (column = 1; column <= 4; column++) printf " %s |", show(result[column])
    print ""
  }
  function table(   column, viewers, month) {
    split("10000 100000 1000000 50000000", viewers, " ")
    print "| at the peak | 10 000 viewers | 100 000 | 1 000 000 | 50 000 000 |"
    print "|---|---:|---:|---:|---:|"
    for (column = 1; column <= 4; column++) {
      R[column] = viewers[column] / value("report_interval_s")
      Q[column] = viewers[column] * (value("rows_per_viewer_hour") + value("places_per_viewer_hour")) / 3600
      A[column] = (R[column] * value("api_us_per_report") + Q[column] * value("api_us_per_row")) / 1e6
      S[column] = (R[column] * value("silo_us_per_report") + Q[column] * value("silo_us_per_row")) / 1e6
      M[column] = viewers[column] * value("memory_factor") * value("user_bytes")
      apis[column] = 1 + most(1, up(A[column] / (value("utilisation") * value("api_cores"))))
      silos[column] = 1 + most(2, most(up(S[column] / (value("utilisation") * value("silo_cores"))),
        up(M[column] / (0.8 * value("silo_gb") * 1e9 - value("silo_base_mb") * 1e6))))
      commits[column] = least(R[column], silos[column] * value("commit_lanes") * 1000 / value("commit_ms"))
      cores[column] = (commits[column] * value("postgres_us_per_commit") + R[column] * value("postgres_us_per_report")) / 1e6 / value("utilisation")
      wal[column] = R[column] * value("wal_bytes_per_report") + least(R[column], viewers[column] / value("checkpoint_s")) * value("page_bytes")
    }
    for (column in R) result[column] = R[column]; line("reports per second")
    for (column in R) result[column] = Q[column]; line("rows and places per second")
    for (column in R) result[column] = A[column]; line("cores at work, APIs")
    for (column in R) result[column] = apis[column]; line("**API tasks** of " value("api_cores") " core, " value("api_gb") " GB")
    for (column in R) result[column] = S[column]; line("cores at work, silos")
    for (column in R) result[column] = M[column] / 1e6; line("users in memory, MB")
    for (column in R) result[column] = silos[column]; line("**silo tasks** of " value("silo_cores") " cores, " value("silo_gb") " GB")
    for (column in R) result[column] = cores[column]; line("**cores of Postgres**, half of them at work")
    for (column in R) result[column] = commits[column]; line("commits per second, at most")
    for (column in R) result[column] = wal[column] / 1e6; line("**WAL**, MB per second")
    for (column in R) result[column] = commits[column] + least(R[column], viewers[column] / value("checkpoint_s")); line("writes to the disk of Postgres per second, at most")
    for (column in R) result[column] = most(1, most(up(cores[column] / value("postgres_cores")), up(wal[column] / 1e6 / value("postgres_wal_mb")))); line("**Postgres servers** that write, of " value("postgres_cores") " cores, and " value("postgres_wal_mb") " MB of WAL per second")
    for (column in R) result[column] = silos[column] * value("connections_per_silo") + apis[column] * value("connections_per_api"); line("**connections**, at most")
    for (column in R) result[column] = viewers[column] * value("users_per_viewer") * value("registers_per_user") * value("register_bytes") / 1e9; line("**stored**, GB")
    for (column in R) result[column] = R[column] * value("throttle_factor"); line("**throttles needed**, requests per second: reports")
    for (column in R) result[column] = (R[column] + Q[column]) * value("throttle_factor"); line("the same of the stage; an account has 10 000 until it asks")
    print "| **what a month is paid for by** | | | | |"
    month = 3600 * value("hours") * value("mean_to_peak")
    for (column in R) {
      requests[column] = (R[column] + Q[column]) * month / 1e6
      spans[column] = requests[column] * value("traced") * value("spans_per_trace")
      emf[column] = (silos[column] + apis[column]) * value("emf_bytes_per_task_minute") * 60 * value("hours") / 1e9
    }
    for (column in R) result[column] = requests[column]; line("**requests** through API Gateway, its firewall and the load balancer, millions")
    for (column in R) result[column] = requests[column] * (value("gateway_usd_per_million") + value("waf_usd_per_million")); line("for the first two of them, at the price of the first million, USD")
    for (column in R) result[column] = (apis[column] * value("api_cores") + silos[column] * value("silo_cores")) * value("hours"); line("core hours of tasks")
    for (column in R) result[column] = (apis[column] * value("api_gb") + silos[column] * value("silo_gb")) * value("hours"); line("GB hours of tasks")
    for (column in R) result[column] = wal[column] * month / 1e9; line("WAL, GB")
    for (column in R) result[column] = value("postgres_instances") * most(value("postgres_least_cores"), up(cores[column])) * value("hours"); line("core hours of Postgres, in two zones and the copy")
    for (column in R) result[column] = value("nat_gateways") * value("hours"); line("hours of NAT gateways")
    for (column in R) result[column] = emf[column] + spans[column] * value("span_bytes") / 1e3; line("GB through them")
    for (column in R) result[column] = emf[column]; line("GB of metrics, as lines of a log")
    for (column in R) result[column] = value("cloudwatch_metrics"); line("metrics of CloudWatch")
    for (column in R) result[column] = (R[column] * value("report_answer_bytes") + Q[column] * value("row_answer_bytes")) * month / 1e9; line("bytes out, GB")
    for (column in R) result[column] = silos[column] * value("series_per_silo") + apis[column] * value("series_per_api"); line("series of metrics, where Prometheus fetches them")
    for (column in R) result[column] = spans[column]; line("spans, millions")
  }
' "$page" >"$written"

if [[ ${1-} == --check ]]; then
  diff "$page" "$written" || { echo "$page: the last table does not follow from the first; run build/capacity.sh." >&2; exit 1; }
else
  cp "$written" "$page"
fi
