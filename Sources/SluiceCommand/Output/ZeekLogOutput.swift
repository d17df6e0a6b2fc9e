import Analyzers
import Pipeline
import Wire

/// Zeek's conn.log, and beside it, where there is a folder, weird.log and what is no line of either.
final class ZeekLogOutput: EventLog {
  /// What stands beside conn.log, each made when the first line for it comes.
  struct Others {
    var openWeird: () throws -> FileLogOutput
    var openRest: () throws -> FileLogOutput
  }

  private var conn: ZeekLogFile
  private var weird: ZeekLogFile?
  private var rest: FileLogOutput?
  private let hasColumns: Bool
  /// `nil` where there is no folder, and so no place for oddities. Other records are refused then
  /// before there are any.
  private let others: Others?
  private var isFinished = false

  init(_ conn: FileLogOutput, hasColumns: Bool, others: Others?) {
    self.conn = ZeekLogFile(.conn, conn, hasColumns: hasColumns)
    self.hasColumns = hasColumns
    self.others = others
  }

  /// Whole lines.
  func write(_ bytes: [UInt8]) throws {
    var connLines: [UInt8] = []
    var weirdLines: [UInt8] = []
    var otherLines: [UInt8] = []
    connLines.reserveCapacity(bytes.count)
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      switch line.first {
      case ZeekLog.conn.mark: conn.append(line.dropFirst(), to: &connLines)
      case ZeekLog.weird.mark: try appendWeird(line.dropFirst(), to: &weirdLines)
      default:
        otherLines += line
        otherLines.append(UInt8(ascii: "\n"))
      }
    }
    if !connLines.isEmpty { try conn.log.write(connLines) }
    if !weirdLines.isEmpty { try weird?.log.write(weirdLines) }
    if !otherLines.isEmpty { try writeRest(otherLines) }
  }

  private func appendWeird(_ line: ArraySlice<UInt8>, to lines: inout [UInt8]) throws {
    guard let others else { return }
    if weird == nil {
      weird = ZeekLogFile(.weird, try others.openWeird(), hasColumns: hasColumns)
    }
    weird?.append(line, to: &lines)
  }

  private func writeRest(_ lines: [UInt8]) throws {
    guard let log = try rest ?? others?.openRest() else { return }
    rest = log
    try log.write(lines)
  }

  var isAbandoned: Bool { conn.log.isAbandoned }

  func flush() throws(LogError) {
    try conn.log.flush()
    try weird?.log.flush()
    try rest?.flush()
  }

  /// All of them, even when one cannot be opened again.
  func reopen() throws(LogError) {
    var failure: LogError?
    do { try conn.reopen() } catch { failure = error }
    do { try weird?.reopen() } catch { failure = failure ?? error }
    do { try rest?.reopen() } catch { failure = failure ?? error }
    if let failure { throw failure }
  }

  /// May be called again.
  func finish() throws {
    if !isFinished {
      try conn.writeEnd()
      try weird?.writeEnd()
    }
    isFinished = true
    try conn.log.finish()
    try weird?.log.finish()
    try rest?.finish()
  }
}

/// One log of Zeek, with the lines around its records where it has columns.
private struct ZeekLogFile {
  let log: FileLogOutput
  private let kind: ZeekLog
  private let hasColumns: Bool
  /// That of the last line; `nil` before the first, and in JSON.
  private var time: Timestamp?

  init(_ kind: ZeekLog, _ log: FileLogOutput, hasColumns: Bool) {
    self.kind = kind
    self.log = log
    self.hasColumns = hasColumns
  }

  mutating func append(_ line: ArraySlice<UInt8>, to lines: inout [UInt8]) {
    if hasColumns { begin(line, &lines) }
    lines += line
    lines.append(UInt8(ascii: "\n"))
  }

  /// Puts the header in front of the first line: like Zeek, a log without records has none.
  private mutating func begin(_ line: ArraySlice<UInt8>, _ lines: inout [UInt8]) {
    let digits = line.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let seconds = Int64(String(decoding: digits, as: UTF8.self)) ?? 0
    let isFirst = time == nil
    time = Timestamp(seconds: seconds)
    if isFirst { lines += kind.header(opened: Timestamp(seconds: seconds)) }
  }

  func writeEnd() throws { try log.write(end) }

  private var end: [UInt8] { time.map { ZeekLog.footer(closed: $0) } ?? [] }

  /// What has moved away is ended, and the file that comes after it begins like any other.
  mutating func reopen() throws(LogError) {
    var hasMoved = false
    try log.reopen {
      hasMoved = true
      return end
    }
    if hasMoved { time = nil }
  }
}
