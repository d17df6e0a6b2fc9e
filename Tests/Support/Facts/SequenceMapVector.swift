import Foundation
import Injection
import Wire

/// A vector of `seqmap_vectors`: edits of a stream, and what comes of one number, block, window or
/// segment.
struct SequenceMapVector {
  private let vector: [String: Any]
  private let map: SequenceMap
  private let input: Any

  init(_ vector: [String: Any]) {
    self.vector = vector
    input = vector["input"] ?? NSNull()
    let own = (input as? [String: Any])?["edit"] as? [String: Any]
    let edits = vector["edits"] as? [[String: Any]] ?? own.map { [$0] } ?? []
    var map = SequenceMap()
    for edit in edits {
      map.append(
        at: Int64(edit["at"] as? Int ?? 0), removing: Int64(edit["delete"] as? Int ?? 0),
        inserting: .init(repeating: 0x69, count: edit["insert"] as? Int ?? 0))
    }
    self.map = map
  }

  /// `nil` for a kind that there is no code for.
  func result() -> FactsFile.Result? {
    guard let got = answer() else { return nil }
    let acceptable =
      [vector["expected"] ?? NSNull()] + (vector["also_acceptable"] as? [Any] ?? [])
    let words = acceptable.map(Self.text)
    return FactsFile.Result(
      id: vector["id"] as? String ?? "?", got: Self.text(got),
      expected: words.first { $0 == Self.text(got) } ?? words[0])
  }

  private func answer() -> Any? {
    switch vector["kind"] as? String {
    case "ack_r_to_s": number.map(map.acknowledged)
    case "ack_s_to_r", "seq_start_s_to_r", "snd_nxt_s_to_r": number.map(map.mapped)
    case "sack_r_to_s": block(input).map { Self.list(map.acknowledged($0)) }
    case "sack_s_to_r": block(input).map { Self.list(map.mapped($0)) }
    case "dsack_r_to_s": block(field("first_block")).map { Self.list(map.acknowledged($0)) }
    case "dsack_s_to_r": block(field("first_block")).map { Self.list(map.mapped($0)) }
    case "retransmit_s_to_r": block(input).map(retransmission)
    case "fin_s_to_r": offset("fin_at").map(map.mappedEnd)
    case "synthesize_ack": synthesizedAcknowledgment()
    case "window_r_to_s": window("ack_r").map { Self.object(map.acknowledged($0), "s") }
    case "window_s_to_r": window("ack_s").map { Self.object(map.mapped($0), "r") }
    case "segment": block(field("s")).map(segments)
    case "icmp_quote": offset("quoted_seq_r").map(map.acknowledged)
    case "icmp_quote_s_to_r": offset("quoted_seq_s").map(map.mapped)
    default: nil
    }
  }

  // MARK: Input

  private var number: Int64? { (input as? Int).map(Int64.init) }

  private func field(_ name: String) -> Any { (input as? [String: Any])?[name] ?? NSNull() }

  private func offset(_ name: String) -> Int64? { (field(name) as? Int).map(Int64.init) }

  private func block(_ value: Any) -> Range<Int64>? {
    guard let edges = value as? [Int], edges.count == 2, edges[0] <= edges[1] else { return nil }
    return Int64(edges[0])..<Int64(edges[1])
  }

  private func window(_ acknowledgment: String) -> ReceiveWindow? {
    guard let acknowledgment = offset(acknowledgment), let size = offset("win") else { return nil }
    return ReceiveWindow(acknowledgment: acknowledgment, size: size)
  }

  // MARK: Kinds of more than one number

  private func retransmission(_ range: Range<Int64>) -> Any {
    let content = map.runs(of: range).map { run in
      switch run {
      case .original(let range): "orig[\(range.lowerBound):\(range.upperBound)]"
      case .replaced(let bytes): "repl\(bytes.count)"
      }
    }
    return [
      "r": [map.mapped(range.lowerBound), map.mapped(range.upperBound)],
      "content": content.joined(separator: "+"),
    ]
  }

  private func synthesizedAcknowledgment() -> Any? {
    guard let received = offset("receiver_acked_r"), let sent = offset("sender_sent_to_s") else {
      return nil
    }
    return map.lackingAcknowledgment(received: received, sent: sent).map { ["ack": $0] } ?? NSNull()
  }

  private func segments(_ range: Range<Int64>) -> Any {
    let segmentation = Segmentation(
      maximumSegmentSize: field("mss") as? Int ?? Segmentation.defaultMaximumSegmentSize,
      options: field("timestamps") as? Bool == true ? Segmentation.timestampsLength : 0)
    return segmentation.pieces(of: map.mapped(range.lowerBound)..<map.mapped(range.upperBound))
      .map(Self.list)
  }

  // MARK: Output

  private static func list(_ range: Range<Int64>?) -> Any {
    range.map { [$0.lowerBound, $0.upperBound] } ?? NSNull()
  }

  private static func object(_ window: ReceiveWindow, _ side: String) -> Any {
    ["ack_\(side)": window.acknowledgment, "win_\(side)": window.size]
  }

  /// One way of writing it. What was put in has no name of its own: only its length counts.
  private static func text(_ value: Any) -> String {
    switch value {
    case let object as [String: Any]:
      "{"
        + object.sorted { $0.key < $1.key }.map { "\($0.key): \(text($0.value))" }
        .joined(separator: ", ") + "}"
    case let list as [Any]: "[" + list.map(text).joined(separator: ", ") + "]"
    case let content as String:
      content.split(separator: "+").map { part in
        part.hasPrefix("orig") ? String(part) : "put" + part.filter(\.isNumber)
      }.joined(separator: "+")
    case is NSNull: "null"
    default: "\(value)"
    }
  }
}
