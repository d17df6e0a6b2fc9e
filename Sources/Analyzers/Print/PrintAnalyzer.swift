package import Analysis

/// Events as a person reads them, and the beginning of all data: the plain client of a socket
/// filter.
package struct PrintAnalyzer: Analyzer {
  package static let name = "print"
  package static let summary = "a line for each event and chunk, with the first 120 bytes as text"

  package init(_ options: Options) throws {}

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { SocketPrinter(socket) }
}

/// Prints what happens to one socket:
///
///     2026-11-23 08:43:45.123456 192.0.2.1:1234 -> 198.51.100.2:80 data 0+18 GET / HTTP/1.1....
final class SocketPrinter: SocketAnalyzer {
  var interest: Interest { [.all, .observing] }
  /// How much of a chunk is shown, in bytes.
  static let shownBytes = 120

  private let originator: String
  private let responder: String

  init(_ socket: SocketInfo) {
    originator = socket.originator.description
    responder = socket.responder.description
  }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    var line = head(at: context.time, chunk.direction)
    line.append("data \(chunk.offset)+\(chunk.bytes.count) ")
    for index in 0..<min(chunk.bytes.count, Self.shownBytes) {
      let byte = chunk.bytes[index]
      line.append((0x20..<0x7F).contains(byte) ? byte : UInt8(ascii: "."))
    }
    context.print(String(decoding: line, as: UTF8.self))
    return .allow
  }

  func event(_ event: SocketEvent, _ context: inout Context) {
    var line = head(at: context.time, event.direction)
    line.append(event.description)
    context.print(String(decoding: line, as: UTF8.self))
  }

  /// Time and endpoints, up to where the event stands. The arrow shows the way of the bytes, and
  /// both ways when there is none.
  private func head(at time: Timestamp, _ direction: Direction?) -> [UInt8] {
    let arrow =
      switch direction {
      case .out?: "->"
      case .in?: "<-"
      case nil: "--"
      }
    var line: [UInt8] = []
    line.append(time, as: .text)
    line.append(" \(originator) \(arrow) \(responder) ")
    return line
  }
}
