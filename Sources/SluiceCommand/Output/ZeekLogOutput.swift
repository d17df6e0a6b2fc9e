import Analyzers
import Pipeline
import Wire

/// Zeek's conn.log, and beside it, where there is a folder, what is no line of it.
final class ZeekLogOutput: LogOutput {
  private let conn: FileLogOutput
  private let hasColumns: Bool
  /// Makes the log of the other records when the first of them comes.
  private let openOthers: () throws -> FileLogOutput
  private var others: FileLogOutput?
  private var isFinished = false
  /// That of the last line; `nil` before the first.
  private var time: Timestamp?

  init(
    _ conn: FileLogOutput, hasColumns: Bool, others openOthers: @escaping () throws -> FileLogOutput
  ) {
    self.conn = conn
    self.hasColumns = hasColumns
    self.openOthers = openOthers
  }

  /// Whole lines.
  func write(_ bytes: [UInt8]) throws {
    var lines: [UInt8] = []
    var rest: [UInt8] = []
    lines.reserveCapacity(bytes.count)
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if line.first == ZeekFormatter.mark {
        if hasColumns { begin(line.dropFirst(), &lines) }
        lines += line.dropFirst()
        lines.append(UInt8(ascii: "\n"))
      } else {
        rest += line
        rest.append(UInt8(ascii: "\n"))
      }
    }
    if !lines.isEmpty { try conn.write(lines) }
    if !rest.isEmpty { try writeOthers(rest) }
  }

  private func writeOthers(_ lines: [UInt8]) throws {
    let log = try others ?? openOthers()
    others = log
    try log.write(lines)
  }

  /// Puts the header in front of the first line: like Zeek, a log without records has none.
  private func begin(_ line: ArraySlice<UInt8>, _ lines: inout [UInt8]) {
    let digits = line.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let seconds = Int64(String(decoding: digits, as: UTF8.self)) ?? 0
    let isFirst = time == nil
    time = Timestamp(seconds: seconds)
    if isFirst { lines += ZeekFormatter.header(opened: Timestamp(seconds: seconds)) }
  }

  /// May be called again.
  func finish() throws {
    if let time, !isFinished { try conn.write(ZeekFormatter.footer(closed: time)) }
    isFinished = true
    try conn.finish()
    try others?.finish()
  }
}
