package import Analysis
package import Buffers

/// Records of `flow` as lines of Zeek's conn.log, oddities as lines of its weird.log, and all others as
/// EVE. Whoever writes the lines has to tell them apart, by the mark of their log.
package struct ZeekFormatter: RecordFormatter {
  package enum Shape: Sendable {
    /// Columns with tabs between them, and lines around them that begin with `#`.
    case columns
    /// JSON Lines.
    case json
  }

  private let shape: Shape
  private let others = EVEFormatter()

  package init(_ shape: Shape) { self.shape = shape }

  package func append(
    _ record: Record, about subject: RecordSubject?, to output: inout TextBuffer
  ) {
    switch (ZeekLog(eventType: record.eventType), subject, subject?.socket) {
    case (.conn?, _, let socket?):
      output.append(ZeekLog.conn.mark)
      append(ConnLog.columns, of: socket, to: &output)
    case (.weird?, let subject?, _):
      output.append(ZeekLog.weird.mark)
      append(WeirdLog.columns, of: WeirdLog.Row(record, subject), to: &output)
    default: others.append(record, about: subject, to: &output)
    }
  }

  private func append<Row>(_ columns: [ZeekColumn<Row>], of row: Row, to output: inout TextBuffer) {
    switch shape {
    case .columns: output.appendZeekColumns(columns, of: row)
    case .json: output.appendZeekMembers(columns, of: row)
    }
  }
}
